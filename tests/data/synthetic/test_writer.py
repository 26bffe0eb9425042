import cv2
import numpy as np
import pytest
from virtual_kitti_tree import COLOURS

from data.readers.virtual_kitti import INFO, read_videos
from data.synthetic.render import Renderer
from data.synthetic.writer import label_colours, render_frames

SIZE = (48, 80)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("synthetic")
    render_frames(root, (12, "rain"), range(4), 0, 4, SIZE)
    return root


def test_files_lie_as_in_virtual_kitti(tree):
    files = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
    frames = [f"0012/rain/{number:05d}.png" for number in range(4)]
    assert files == {
        *(f"vkitti_1.3.1_rgb/{frame}" for frame in frames),
        *(f"vkitti_1.3.1_scenegt/{frame}" for frame in frames),
        "vkitti_1.3.1_scenegt/0012_rain_scenegt_rgb_encoding.txt",
    }


def test_the_encoding_file_has_the_colours_of_virtual_kitti(tree):
    path = tree / "vkitti_1.3.1_scenegt/0012_rain_scenegt_rgb_encoding.txt"
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    assert header == "Category(:id) r g b"
    rows = {line.split()[0]: tuple(map(int, line.split()[1:])) for line in lines}
    assert {name: rows[name] for name in COLOURS} == COLOURS
    instances = set(rows) - set(COLOURS)
    assert instances and all(name.startswith(("Car:", "Van:")) for name in instances)
    assert len(set(rows.values())) == len(lines)


def test_the_virtual_kitti_loader_reads_back_what_was_drawn(tree):
    (video,) = read_videos(str(tree), "all")
    assert video.name == "0012/rain" and len(video.frames) == 4
    renderer = Renderer(0, 12, "rain", 4, SIZE)
    classes = [INFO.classes.index(name.split(":")[0]) for name in renderer.names]
    for frame in video.frames:
        image, label, _ = renderer.draw(frame.number)
        stored = cv2.imread(frame.image, cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(stored[..., ::-1], image)
        decoded = video.label_encoding.decode(frame.label)
        np.testing.assert_array_equal(decoded, np.array(classes)[label])


def test_instance_colours_are_all_different():
    names = (*COLOURS, *(f"Car:{number}" for number in range(300)))
    colours = label_colours(names, 1)
    assert len(np.unique(colours, axis=0)) == len(names)
