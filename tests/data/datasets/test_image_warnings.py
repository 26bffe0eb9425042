import numpy as np
from folder_tree import numbered, write_folder, write_image
from PIL import Image

from data.datasets.image_warnings import sampled_image_warnings
from data.datasets.open_dataset import open_dataset

SIZE = (64, 64)


def tree(root, save):
    """A video of six frames; `save(pixels, path)` writes each image."""
    write_folder(root, {"a": numbered(range(6))}, {}, SIZE)
    pixels = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
    for path in (root / "images" / "a").iterdir():
        path.unlink()
        save(pixels, path)
    return warnings_of(root)


def warnings_of(root):
    videos = open_dataset("folder", str(root)).read_videos(str(root), "all")
    return sampled_image_warnings(videos, progress=False)


def save_jpeg(pixels, path, orientation=1):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(path.with_suffix(".jpg"), exif=exif)


def test_whole_upright_images_have_no_warning(tmp_path):
    assert tree(tmp_path / "png", lambda x, path: write_image(path, x)) == []
    assert tree(tmp_path / "jpeg", save_jpeg) == []


def test_square_images_that_exif_data_rotate_are_a_warning(tmp_path):
    (warning,) = tree(tmp_path, lambda x, path: save_jpeg(x, path, orientation=6))
    assert warning.startswith("6 of 6 images are rotated or mirrored because of")
    assert str(tmp_path / "images" / "a") in warning


def test_a_mirrored_png_is_a_warning(tmp_path):
    def save(pixels, path):
        exif = Image.Exif()
        exif[0x0112] = 2 if path.stem.endswith("3") else 1
        Image.fromarray(pixels).save(path, exif=exif)

    (warning,) = tree(tmp_path, save)
    assert warning.startswith("1 of 6 images are rotated or mirrored")


def test_a_jpeg_that_is_half_decoded_is_a_warning_with_its_name(tmp_path, capfd):
    def save(pixels, path):
        save_jpeg(pixels, path)
        if path.stem.endswith("3"):
            jpeg = path.with_suffix(".jpg")
            encoded = jpeg.read_bytes()
            jpeg.write_bytes(encoded[: len(encoded) // 2] + b"\xff\xd9")

    (warning,) = tree(tmp_path, save)
    assert warning.startswith("1 of 6 images are damaged")
    (damaged,) = (tmp_path / "images" / "a").glob("*3.jpg")
    assert f"{damaged} cannot be read as an image: only a part" in warning
    assert "JPEG" not in capfd.readouterr().err
