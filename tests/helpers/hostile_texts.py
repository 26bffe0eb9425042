"""Unusual text files: classes, scores, metrics, lists of frames and of colours."""

import json
from collections.abc import Iterator
from functools import partial

import camvid_tree
from folder_tree import numbered, write_folder
from hostile_cases import Case
from hostile_images import PALETTE, SIZE, id_maps, write_maps
from malformed_files import FILES

# Documents that are valid for no file of this project.
DOCUMENTS = {
    "nothing": b"",
    "an object": b"{}",
    "a list": b"[]",
    "null": b"null",
    "a number": b"7",
    "a string": b'"classes"',
    "NaN": b"NaN",
    "nested 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "an object nested deep": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "a number of a million digits": b"1" * 1_000_000,
    "UTF-16": '{"classes": ["a"]}'.encode("utf-16"),
    "bytes that are not UTF-8": b'{"classes": ["Stra\xdfe"]}',
    "a comma too many": b'{"classes": ["a", "b",]}',
    "two documents": b"{}{}",
    "null bytes": b"\0" * 100,
}
# Values of the keys of classes.json; right ones are three names.
SETTINGS = {
    "classes": [
        None,
        0,
        "road",
        {},
        [],
        [1, 2, 3],
        [None],
        ["a", "a", "b"],
        ["", "b", "c"],
        [["a"], "b", "c"],
        ["a"] + [f"c{k}" for k in range(300)],
        {"a": 0, "b": 1},
    ],
    "palette": [
        7,
        "red",
        [],
        [[0, 0, 0]],
        [[0, 0, 0]] * 3,
        [[0, 0], [1, 1], [2, 2]],
        [[0, 0, 0], [1, 1, 1], [2, 2, 256]],
        [[0, 0, 0], [1, 1, 1], [2, 2, -1]],
        [[0, 0, 0], [1, 1, 1], [2, 2, 2.5]],
        [[0, 0, 0], [1, 1, 1], [2, 2, "2"]],
        [[0, 0, 0], [1, 1, 1], [True, 2, 2]],
        [[k, k, k] for k in range(300)],
    ],
    "labels": [7, "names", None, ["ids"], True],
    "mean_rgb": [
        7,
        [],
        [1, 2],
        [1, 2, float("nan")],
        [1, 2, float("inf")],
        [1, 2, 1e400],
        [1, 2, -300],
        [1, 2, "3"],
        [1, 2, 10**400],
    ],
    "splits": [
        7,
        [],
        {},
        {"train": []},
        {"train": "v"},
        {"train": ["nowhere"]},
        {"train": ["v", "v"]},
        {"": ["v"]},
        {"all": ["v"]},
        {"train": [7]},
        {"train": {"v": 1}},
    ],
    "unknown": [1],
}


def cases() -> Iterator[Case]:
    """All cases of this module."""
    yield from _classes_json()
    yield from _scores()
    yield from _metrics()
    yield from _class_lists()
    yield from _camvid_lists()


def _classes_json():
    def arguments(content, folder):
        root = folder / "tree"
        write_folder(root, {"v": numbered(range(10))}, size=SIZE)
        if callable(content):
            content(root / "classes.json")
        else:
            (root / "classes.json").write_bytes(content)
        return ["--dataset=folder", f"--data_dir={root}", f"--json={folder}/out.json"]

    for name, content in (DOCUMENTS | FILES).items():
        yield Case(
            "JSON", f"classes.json: {name}", "check_data", partial(arguments, content)
        )
    for key, values in SETTINGS.items():
        for value in values:
            content = {"classes": ["road", "car", "sky"]} | {key: value}
            make = partial(arguments, json.dumps(content).encode())
            name = f"classes.json: {key} {str(value)[:40]}"
            yield Case("JSON", name, "check_data", make)


SCORES = {
    "accuracy": 50.0,
    "mean_iou": 40.0,
    "mfp": None,
    "mfip": None,
    "tc": None,
    "vc8": None,
    "vc16": None,
    "num_frames": 1,
    "num_labelled_frames": 1,
    "num_pairs": 0,
    "num_labelled_pairs": 0,
    "per_class_iou": {"a": 40.0, "b": None},
    "confusion_matrix": [[1, 1], [0, 0]],
    "videos": {},
}
WRONG_SCORES = {
    "accuracy": ["50", [], {}, True, float("nan"), float("inf"), 10**400],
    "num_frames": [None, -1, 1.5, "1", True],
    "per_class_iou": [None, [], 7, {"a": "40"}, {"a": [1]}, {"a": float("nan")}],
    "confusion_matrix": [
        [[1, 1], [0]],
        [[1, 1]],
        [[1, 1, 1], [0, 0, 0], [0, 0, 0]],
        [1, 1],
        [[1, -1], [0, 0]],
        [[1, 0.5], [0, 0]],
        [[1, None], [0, 0]],
        "all",
        {"0": [1, 1]},
    ],
    "videos": [None, [], 7, {"v": None}, {"v": {}}, {"v": [1]}],
}


def _scores():
    def arguments(content, folder):
        file = folder / "scores.json"
        file.write_text(json.dumps(SCORES))
        content(file) if callable(content) else file.write_bytes(content)
        return [f"--scores={file}", "--confusion", f"--csv={folder}/out.csv"]

    for name, content in (DOCUMENTS | FILES).items():
        yield Case("JSON", f"scores: {name}", "compare", partial(arguments, content))
    for key, values in WRONG_SCORES.items():
        for value in values:
            make = partial(arguments, json.dumps(SCORES | {key: value}).encode())
            yield Case("JSON", f"scores: {key} {str(value)[:30]}", "compare", make)
    for key in SCORES:
        content = {name: value for name, value in SCORES.items() if name != key}
        make = partial(arguments, json.dumps(content).encode())
        yield Case("JSON", f"scores without {key}", "compare", make)


def _metrics():
    def arguments(line, folder):
        content = b'{"step": 1}\n' + line + b'\n{"step": 2}\n'
        (folder / "metrics.jsonl").write_bytes(content)
        return ["--call=metrics", f"--path={folder}"]

    def wrong(folder, result):
        steps = "[{'step': 1}, {'step': 2}]"
        return None if result.out.strip() == steps else result.out.strip()

    lines = DOCUMENTS | {
        "no step": b'{"loss": 1}',
        "step null": b'{"step": null}',
        "step text": b'{"step": "1"}',
        "spaces": b"   ",
        "half": b'{"step": 1, "loss": 0.',
    }
    for name, line in lines.items():
        make = partial(arguments, line)
        yield Case("JSON", f"metrics.jsonl: {name}", "reader_calls", make, wrong)


CLASS_LISTS = {
    "empty": b"",
    "blank lines": b"\n\n\n",
    "one colour": b"road 1 2 3\n",
    "colour 300": b"road 1 2 300\ncar 4 5 6\n",
    "two colours alike": b"road 1 2 3\ncar 1 2 3\n",
    "two numbers": b"road 1 2\ncar 4 5\n",
    "a line that differs": b"road 1 2 3\ncar 4 5 6\nsky\nhouse 7 8 9\n",
    "a long line": b"a" * 200_000 + b"\n",
    "a long line of digits": b"road " + b"1" * 200_000 + b"\n",
    "a long line of spaces": b"road" + b" " * 200_000 + b"1 2\nroad 1 2 3\n",
    "spaces and digits": b"road " + b"1 " * 100_000 + b"\n",
    "noise": bytes(range(256)) * 20,
    "UTF-16": "road 1 2 3\ncar 4 5 6\n".encode("utf-16"),
    "names twice": b"road\nroad\n",
    "300 names": b"\n".join(b"c%d" % k for k in range(300)),
}


def _class_lists():
    def arguments(flag, content, folder):
        for name in ("maps", "labels"):
            write_maps(folder / name, id_maps())
        file = folder / "list.txt"
        lines = (f"c{k} {r} {g} {b}\n" for k, (r, g, b) in enumerate(PALETTE))
        file.write_text("".join(lines))
        content(file) if callable(content) else file.write_bytes(content)
        return [
            f"--predictions={folder}/maps",
            f"--labels={folder}/labels",
            f"--{flag}={file}",
            f"--json={folder}/out.json",
        ]

    def wrong(folder, result):
        accuracy = json.loads((folder / "out.json").read_text())["accuracy"]
        return None if accuracy == 100 else f"accuracy {accuracy}"

    for flag in ("palette", "classes"):
        for name, content in (CLASS_LISTS | FILES).items():
            make = partial(arguments, flag, content)
            yield Case("class lists", f"{flag}: {name}", "flicker", make, wrong)


CAMVID_LISTS = {
    "one name": lambda lines: [lines[0].split()[0], *lines[1:]],
    "three names": lambda lines: [lines[0] + " more.png", *lines[1:]],
    "no suffix": lambda lines: [lines[0].replace(".png", ""), *lines[1:]],
    "a frame twice": lambda lines: [lines[0], *lines],
    "a frame that is missing": lambda lines: [
        lines[0].replace("006690", "006691"),
        *lines[1:],
    ],
    "a long line": lambda lines: ["a" * 300_000, *lines],
    "many slashes": lambda lines: ["/" * 300_000 + ".png", *lines],
    "many names": lambda lines: ["a.png " * 50_000, *lines],
    "null bytes": lambda lines: ["\0\0", *lines],
}


def _camvid_lists():
    def arguments(change, folder):
        camvid_tree.write_tree(folder / "tree")
        file = folder / "tree" / "train.txt"
        if change in CAMVID_LISTS.values():
            file.write_text("\n".join(change(file.read_text().splitlines())))
        else:
            change(file)
        data = ["--dataset=camvid", f"--data_dir={folder}/tree", "--split=train"]
        return [*data, f"--json={folder}/out.json"]

    def wrong(folder, result):
        (split,) = json.loads((folder / "out.json").read_text())["splits"]
        frames = split["frames"], split["labelled_frames"]
        return None if frames == (4, 4) else f"{frames} frames and labelled frames"

    # A list that ends after some of its lines is a list of fewer frames.
    whole = ("its first half", "without its second half's middle")
    files = {name: damage for name, damage in FILES.items() if name not in whole}
    for name, change in (CAMVID_LISTS | files).items():
        make = partial(arguments, change)
        yield Case("lists", f"train.txt: {name}", "check_data", make, wrong)
