"""Trees of all data sets with random damage: used, or refused in one sentence."""

import os
import shutil

import numpy as np
import pytest
from all_trees import WRITERS
from clip_batches import clip_batches
from hostile import promise_too_many_pixels, replace_by_folder, replace_by_loop

from data.datasets.check import check_dataset
from data.datasets.driving_video import prepare
from data.datasets.open_dataset import open_dataset
from data.pipeline.errors import original_error
from data.videos.clips import clip_index

JUNK = [
    b"",
    b"\0" * 50,
    b"\xff\xfe\xfd",
    b"[" * 100_000,
    b"[]",
    b"1",
    b"null",
    b'{"classes": 1}',
    b"a " * 10_000,
    b"Car:1 " + b"9" * 10_000,
    b"\x89PNG\r\n\x1a\n" + b"\0" * 30,
    b"\xff\xd8\xff\xe0" + b"\0" * 30,
    b"GIF89a" + b"\xff" * 30,
]


def cut(path, rng):
    content = path.read_bytes()
    path.write_bytes(content[: rng.integers(len(content) + 1)])


def change_bytes(path, rng):
    content = bytearray(path.read_bytes())
    for place in rng.integers(len(content), size=8) if content else ():
        content[place] = rng.integers(256)
    path.write_bytes(content)


def fill_with_junk(path, rng):
    path.write_bytes(JUNK[rng.integers(len(JUNK))])


def take_content_of_another(path, rng, root):
    others = sorted(other for other in root.rglob("*") if other.is_file())
    shutil.copy(others[rng.integers(len(others))], path.with_name("other"))
    path.with_name("other").replace(path)


def replace_by_pipe(path, rng):
    path.unlink()
    os.mkfifo(path)


def promise_many_pixels(path, rng):
    if path.stat().st_size >= 33:  # the header of a PNG
        promise_too_many_pixels(path)


def rename(path, rng):
    names = ["-", "a\nb", "\x1b[31mred", "x" * 250, "Ü.png", "0" * 200 + ".png", ".png"]
    name = names[rng.integers(len(names))]
    path.rename(path.with_name(name))


def remove_folder(path, rng):
    shutil.rmtree(path.parent)


def damage(root, rng):
    """Does one random thing to one random file."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    if not files:
        return
    # A list of colours or settings is one of many files and matters more.
    texts = [path for path in files if path.suffix in (".txt", ".json")]
    chosen = texts if texts and rng.random() < 0.4 else files
    path = chosen[rng.integers(len(chosen))]
    kinds = [
        *(cut, change_bytes, fill_with_junk, replace_by_pipe, rename, remove_folder),
        promise_many_pixels,
        lambda path, rng: replace_by_folder(path),
        lambda path, rng: replace_by_loop(path),
        lambda path, rng: take_content_of_another(path, rng, root),
        lambda path, rng: path.unlink(),
    ]
    kinds[rng.integers(len(kinds))](path, rng)


def sentences_of_use(name, root, out_dir):
    """The errors of training, check and shards; none if all succeed."""
    sentences = []

    def attempt(function):
        try:
            return function()
        except Exception as error:
            error = original_error(error)
            assert isinstance(error, OSError | ValueError), repr(error)
            sentences.append(str(error))
            return None

    def train():
        dataset = open_dataset(name, str(root))
        clips = clip_index(dataset.read_videos(str(root), "train"), 2)
        settings = {"image_size": (6, 8), "batch_size": 1, "num_frames": 2, "seed": 0}
        stream = clip_batches(clips, **settings).take(len(clips))
        return sum(1 for _ in stream.as_numpy_iterator())

    def check():
        dataset = open_dataset(name, str(root))
        report = check_dataset(dataset, str(root), ["train"], 2, progress=False)
        sentences.extend(report.faults)

    trained = attempt(train)
    attempt(check)
    if not sentences:
        assert trained
    attempt(lambda: prepare(name, str(root), str(out_dir)))
    return sentences


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("name", WRITERS)
def test_random_damage_is_told_in_sentences_that_name_a_path(name, seed, tmp_path):
    rng = np.random.default_rng([seed, sorted(WRITERS).index(name)])
    root = tmp_path / "tree"
    root.mkdir()
    WRITERS[name](root, rng)
    for _ in range(int(rng.integers(1, 4))):
        damage(root, rng)
    for sentence in sentences_of_use(name, root, tmp_path / "shards"):
        assert "Traceback" not in sentence
        assert str(tmp_path) in sentence or "No clip of" in sentence, sentence
        assert len(sentence) < 1500
