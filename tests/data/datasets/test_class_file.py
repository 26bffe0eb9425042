import json
import os

import pytest

from data.datasets.class_file import read_classes
from data.readers.camvid import INFO

COLOURS = {(128, 64, 128): 0, (0, 0, 142): 1, (70, 130, 180): 2, (0, 0, 0): 255}


@pytest.mark.parametrize(
    "text",
    [
        "road 128 64 128\ncar 0 0 142\nblue sky 70 130 180\n",
        "128 64 128 road\n0 0 142\tcar\n\n70   130 180  blue sky",
        "Category r g b\nroad 128 64 128\ncar 0 0 142\nblue sky 70 130 180\n",
        "\ufeffroad 128 64 128\nVoid 0 0 0\ncar 0 0 142\nblue sky 70 130 180\n",
    ],
    ids=["name first", "name last", "header", "void"],
)
def test_a_colour_list_gives_classes_in_its_order(text, tmp_path):
    (tmp_path / "list.txt").write_text(text, encoding="utf-8")
    classes = read_classes(str(tmp_path / "list.txt"))
    assert classes.classes == ("road", "car", "blue sky")
    assert classes.palette == ((128, 64, 128), (0, 0, 142), (70, 130, 180))
    assert classes.colours == COLOURS


def test_lines_of_one_name_are_one_class(tmp_path):
    (tmp_path / "l.txt").write_text("car1 9 9 9\nsky 1 1 1\ncar1 8 8 8\n")
    classes = read_classes(str(tmp_path / "l.txt"))
    assert classes.classes == ("car1", "sky")
    assert classes.palette == ((9, 9, 9), (1, 1, 1))
    assert classes.colours == {(9, 9, 9): 0, (8, 8, 8): 0, (1, 1, 1): 1, (0,) * 3: 255}


def test_black_may_be_a_class(tmp_path):
    (tmp_path / "l.txt").write_text("night 0 0 0\nsky 1 1 1\n")
    assert read_classes(str(tmp_path / "l.txt")).colours[0, 0, 0] == 0


def test_names_alone(tmp_path):
    (tmp_path / "l.txt").write_text("Straße\nblue sky\n", encoding="utf-8")
    classes = read_classes(str(tmp_path / "l.txt"))
    assert (classes.classes, classes.palette) == (("Straße", "blue sky"), None)


@pytest.mark.parametrize(
    "text, names, void_id",
    [
        ("road\ncar\nVoid\n", ("road", "car"), 2),
        ("road 1 1 1\ncar 2 2 2\nunlabelled 3 3 3\n", ("road", "car"), 2),
        # Ids are counted from the first line, which the labels use for no class.
        ("void\nroad\ncar\n", ("void", "road", "car"), None),
        ("void 3 3 3\nroad 1 1 1\ncar 2 2 2\n", ("road", "car"), None),
        ("road\ncar\n", ("road", "car"), None),
    ],
)
def test_a_last_line_that_is_no_class_gives_the_id_of_void(
    text, names, void_id, tmp_path
):
    (tmp_path / "l.txt").write_text(text)
    found = read_classes(str(tmp_path / "l.txt"))
    assert (found.classes, found.void_id) == (names, void_id)


def test_a_data_set_gives_the_id_of_its_void():
    assert read_classes("camvid").void_id == read_classes("camvid_32").void_id == 11
    assert read_classes("cityscapes").void_id is None


def test_a_data_set_and_a_plain_folder(tmp_path):
    classes = read_classes("camvid")
    assert (classes.classes, classes.palette) == (INFO.classes, INFO.palette)
    assert classes.colours[0, 0, 0] == 255
    content = {"classes": ["a", "b"], "palette": [[1, 2, 3], [4, 5, 6]]}
    (tmp_path / "classes.json").write_text(json.dumps(content))
    for source in (tmp_path, tmp_path / "classes.json"):
        assert read_classes(str(source)).palette == ((1, 2, 3), (4, 5, 6))


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "is empty; it should have one class per line"),
        ("a\nb\na\n", "names the class 'a' twice"),
        ("a 1 2 3\nb 1 2\n", r"line 2: 'b 1 2' should be one of"),
        ("a 1 2 3\nb 1 2 300\n", "line 2: .* has a colour above 255"),
        ("a 1 2 3\nb 1 2 3\n", "gives to another class"),
        ("".join(f"c{i} {i % 256} {i // 256} 9\n" for i in range(300)), "lists 300 cl"),
        ("".join(f"c{i}\n" for i in range(256)), "lists 256 classes; there should be"),
        ("void\n", "lists 0 classes"),
        ("void 0 0 0\nUnlabelled 1 1 1\n", "lists 0 classes"),
        ("a" * 501, "has a line of 501 characters, 'a{80}...'"),
        ("a 1 2 3\nb" + " " * 9 * 10**5 + "1 2 x\n", r"line 2: 'b {79}\.\.\.' sh"),
        ("a 1 2 3\nb 1 2 " + "3" * 5000 + "\n", r"line 2: 'b 1 2 3{74}\.\.\.' should"),
        ("a " + "1 " * 10**5, "has a line of"),
        ("a 1 2 3\n" + "\n" * 10**6, "is larger than 1000000 bytes"),
    ],
)
def test_a_list_that_is_wrong_is_one_sentence(text, message, tmp_path):
    (tmp_path / "l.txt").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_classes(str(tmp_path / "l.txt"))


def test_a_missing_list_is_named():
    with pytest.raises(FileNotFoundError, match="nix is missing; it should be a text"):
        read_classes("nix")


def test_a_list_that_is_no_file_is_not_called_missing(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    for path in ("/dev/null", str(tmp_path / "pipe.txt")):
        with pytest.raises(FileNotFoundError, match=f"^{path} is not a regular file; "):
            read_classes(path)
