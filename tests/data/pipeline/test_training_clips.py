import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import islice

import cv2
import numpy as np
import pytest
import tensorflow as tf
from checkout import ROOT
from clip_batches import clip_batches

import data.pipeline.training_clips as pipeline
from data.labels.encodings import IndexEncoding
from data.pipeline.augment import Augmentation, augment_clip
from data.pipeline.clips_from_stills import StillMotion
from data.pipeline.image_noise import NO_NOISE
from data.pipeline.training_clips import (
    ClipBatches,
    clips_of_step,
    training_clips,
)
from data.readers.camvid import INFO, read_videos
from data.videos.clips import clip_index
from data.videos.read_clip import read_clip
from data.videos.video import Frame, Video

NUM_CLIPS = 7
SIZE = (6, 8)
UNCHANGED = {"image_size": SIZE, "min_scale": 1.0, "max_scale": 1.0, "flip": False}


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Two-frame clips; frame n is grey n throughout, and its label is n."""
    folder = tmp_path_factory.mktemp("video")
    frames = []
    for n in range(NUM_CLIPS + 1):
        image, label = str(folder / f"{n}.png"), str(folder / f"{n}_gt.png")
        cv2.imwrite(image, np.full((*SIZE, 3), n, np.uint8))
        cv2.imwrite(label, np.full(SIZE, n, np.uint8))
        frames.append(Frame(image, label, n))
    encoding = IndexEncoding(range(NUM_CLIPS + 1))
    return clip_index([Video("v", tuple(frames), 1, encoding)], num_frames=2)


def dataset(clips, **arguments):
    defaults = {"image_size": SIZE, "batch_size": 2, "num_frames": 2, "seed": 0}
    return clip_batches(clips, **(defaults | arguments))


def batches(clips, count, **arguments):
    return list(islice(dataset(clips, **arguments).as_numpy_iterator(), count))


def assert_equal_batches(first, second):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
        np.testing.assert_array_equal(a[1], b[1])


def test_element_spec_is_fixed_and_the_stream_endless(clips):
    stream = dataset(clips, batch_size=3, image_size=(5, 4))
    assert stream.element_spec == (
        tf.TensorSpec((3, 2, 5, 4, 3), tf.uint8),
        tf.TensorSpec((3, 5, 4), tf.uint8),
    )
    assert stream.cardinality() == tf.data.INFINITE_CARDINALITY


def test_clips_keep_the_order_of_their_frames_and_the_last_label(clips):
    for images, labels in batches(clips, 5, **UNCHANGED):
        for clip, label in zip(images, labels, strict=True):
            last = label[0, 0]
            assert (label == last).all()
            assert (clip[0] == last - 1).all() and (clip[1] == last).all()


def test_every_epoch_is_another_permutation_of_all_clips(clips):
    labels = [b[1][0, 0, 0] for b in batches(clips, 21, batch_size=1, **UNCHANGED)]
    epochs = [tuple(labels[i : i + NUM_CLIPS]) for i in (0, 7, 14)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(1, NUM_CLIPS + 1))
    assert len(set(epochs)) == 3


def test_batches_reach_into_the_next_epoch(clips):
    seen = [n for b in batches(clips, NUM_CLIPS, **UNCHANGED) for n in b[1][:, 0, 0]]
    assert Counter(seen) == {n: 2 for n in range(1, NUM_CLIPS + 1)}


def test_equal_seeds_give_equal_batches_and_others_do_not(clips):
    assert_equal_batches(batches(clips, 6, seed=5), batches(clips, 6, seed=5))
    first, other = batches(clips, 6, seed=5), batches(clips, 6, seed=6)
    assert any((a[1] != b[1]).any() for a, b in zip(first, other, strict=True))


def test_the_clips_of_a_step_are_those_that_its_batch_holds(clips):
    read = batches(clips, 6, batch_size=3, seed=4, **UNCHANGED)  # into a third epoch
    for step, (images, _) in enumerate(read):
        settings = ClipBatches(Augmentation(SIZE), batch_size=3, num_frames=2, seed=4)
        found = clips_of_step(clips, step, settings)
        last_frames = [clip.frames[-1].number for clip in found]
        assert last_frames == images[:, -1, 0, 0, 0].tolist()


def test_order_does_not_depend_on_the_augmentation_or_the_batch_size(clips):
    pairs = batches(clips, 6, **UNCHANGED)
    singles = batches(clips, 12, batch_size=1, **UNCHANGED)
    mirrored = batches(clips, 6, **(UNCHANGED | {"flip": True}))
    assert_equal_batches(pairs, mirrored)
    images = np.concatenate([b[0] for b in singles])
    np.testing.assert_array_equal(images, np.concatenate([b[0] for b in pairs]))


@pytest.mark.parametrize("start_step", [1, 3, 10])
def test_a_resumed_stream_goes_on_as_the_first_would_have(start_step, clips):
    whole = batches(clips, start_step + 4)
    assert_equal_batches(whole[start_step:], batches(clips, 4, start_step=start_step))


def test_a_resumed_stream_opens_no_file_of_the_steps_before(clips, monkeypatch):
    samples = []
    load = pipeline._load_sample
    monkeypatch.setattr(
        pipeline, "_load_sample", lambda i, *rest: samples.append(i) or load(i, *rest)
    )
    batches(clips, 2, start_step=1_000_000)
    assert min(samples) == 2_000_000


@pytest.mark.parametrize("num_shards", [1, 2])
def test_a_resumed_stream_needs_no_file_of_the_steps_before(num_shards, tmp_path):
    frames = []
    for n in range(10):
        cv2.imwrite(str(tmp_path / f"{n}.png"), np.full((*SIZE, 3), n, np.uint8))
        cv2.imwrite(str(tmp_path / f"{n}_gt.png"), np.full(SIZE, n, np.uint8))
        frames.append(
            Frame(str(tmp_path / f"{n}.png"), str(tmp_path / f"{n}_gt.png"), n)
        )
    video = Video("v", tuple(frames), 1, IndexEncoding(range(10)))
    arguments = UNCHANGED | {"num_frames": 1, "batch_size": 1, "num_shards": num_shards}
    whole = batches(clip_index([video], 1), 10 // num_shards, **arguments)
    for _, labels in whole[:3]:  # these clips come again in the next epoch alone
        for file in (f"{labels.max()}.png", f"{labels.max()}_gt.png"):
            (tmp_path / file).unlink()
    rest = batches(
        clip_index([video], 1), 10 // num_shards - 3, start_step=3, **arguments
    )
    assert_equal_batches(whole[3:], rest)


def test_in_the_graph_and_eagerly_augmentation_is_the_same(clips):
    arguments = {"image_size": (9, 7), "mean_rgb": (3.0, 4.4, 5.6)}
    found = batches(clips, 8, batch_size=1, seed=11, **arguments)
    augmentation = Augmentation((9, 7), padding_rgb=(3.0, 4.4, 5.6))
    by_label = {clip.frames[-1].number: clip for clip in clips}
    for sample, (images, labels) in enumerate(found):
        clip = by_label[int(labels[labels != 255].max())]
        rng = np.random.default_rng((11, 1, sample))
        expected = augment_clip(*read_clip(clip), augmentation, rng)
        np.testing.assert_array_equal(images[0], expected[0])
        np.testing.assert_array_equal(labels[0], expected[1])


def test_with_every_label_the_last_one_and_the_images_stay_the_same(clips):
    stream = dataset(clips, every_label=True)
    assert stream.element_spec == (
        tf.TensorSpec((2, 2, *SIZE, 3), tf.uint8),
        tf.TensorSpec((2, 2, *SIZE), tf.uint8),
    )
    for (images, every), (same_images, last) in zip(
        batches(clips, 6, every_label=True), batches(clips, 6), strict=True
    ):
        np.testing.assert_array_equal(images, same_images)
        np.testing.assert_array_equal(every[:, -1], last)
        padding = last == 255
        np.testing.assert_array_equal(every[:, 0], np.where(padding, 255, last - 1))


def test_frames_without_a_label_file_are_ignored_all_over(clips):
    video = clips[0].video
    frames = [replace(f, label=None if f.number % 2 else f.label) for f in video.frames]
    clips = clip_index([replace(video, frames=tuple(frames))], num_frames=2)
    for images, labels in batches(clips, 4, every_label=True, **UNCHANGED):
        assert (labels[:, 0] == 255).all()
        np.testing.assert_array_equal(labels[:, 1], images[:, 1, ..., 0])


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"batch_size": 0}, "`batch_size` must be at least 1. Received: batch_size=0"),
        ({"seed": -1}, "`seed` must be at least 0. Received: seed=-1"),
        ({"start_step": -1}, "`start_step` must be at least 0"),
        ({"num_frames": 3}, r"num_frames=3, clips of \[2\] frames"),
        ({"min_scale": 0.0}, "`min_scale` must be positive"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message, clips):
    with pytest.raises(ValueError, match=message):
        dataset(clips, **arguments)


def test_no_clips_are_refused():
    with pytest.raises(ValueError, match="`clips` must not be empty"):
        dataset([])


def test_a_process_ends_well_while_the_stream_reads_ahead(clips):
    script = """
import sys
from data.videos.clips import clip_index
from data.labels.encodings import IndexEncoding
from data.pipeline.augment import Augmentation
from data.pipeline.training_clips import ClipBatches, training_clips
from data.videos.video import Frame, Video

frame = Frame(sys.argv[1], sys.argv[2], 0)
video = Video("v", (frame,), 1, IndexEncoding(range(256)))
settings = ClipBatches(Augmentation((600, 800)), batch_size=4, num_frames=1, seed=0)
stream = iter(training_clips(clip_index([video], 1), settings))
next(stream)
"""
    frame = clips[0].frames[-1]
    result = subprocess.run(
        [sys.executable, "-c", script, frame.image, frame.label],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr


def test_real_clips_fit_together(camvid_dir):
    clips = clip_index(read_videos(str(camvid_dir), "train"), num_frames=4)
    images, labels = next(
        dataset(
            clips, image_size=(96, 128), num_frames=4, seed=1, mean_rgb=INFO.mean_rgb
        ).as_numpy_iterator()
    )
    assert images.shape == (2, 4, 96, 128, 3)
    assert set(np.unique(labels)) <= {*range(11), 255}
    assert images.std() > 20


@pytest.mark.parametrize("start_step", [0, 2])
def test_shards_together_are_the_stream_of_one_worker(clips, start_step):
    whole = batches(clips, 4, batch_size=3, start_step=start_step)
    shards = [
        batches(
            clips,
            4,
            batch_size=1,
            start_step=start_step,
            num_shards=3,
            shard_index=index,
        )
        for index in range(3)
    ]
    for step, (images, labels) in enumerate(whole):
        parts = [shard[step] for shard in shards]
        np.testing.assert_array_equal(np.concatenate([p[0] for p in parts]), images)
        np.testing.assert_array_equal(np.concatenate([p[1] for p in parts]), labels)


def test_a_shard_that_does_not_exist_is_refused(clips):
    with pytest.raises(ValueError, match=r"num_shards=2, shard_index=2"):
        dataset(clips, num_shards=2, shard_index=2)


def moved_batches(clips, count, start_step=0, **arguments):
    """Batches of clips made from the last frames of `clips`, and their settings."""
    stills = [replace(clip, frames=clip.frames[-1:]) for clip in clips]
    settings = ClipBatches(
        Augmentation((24, 32)),
        **{
            "batch_size": 2,
            "num_frames": 3,
            "seed": 3,
            "every_label": True,
            "motion_share": 1.0,
            "start_step": start_step,
            **arguments,
        },
    )
    stream = training_clips([], settings, stills)
    return list(islice(stream.as_numpy_iterator(), count))


def test_clips_of_any_length_come_from_stills_alone(clips):
    quiet = StillMotion(noise=NO_NOISE)
    for images, labels in moved_batches(clips, 4, motion=quiet):
        assert images.shape == (2, 3, 24, 32, 3) and labels.shape == (2, 3, 24, 32)
        # Each still is grey n with label n all over.
        np.testing.assert_array_equal(images[..., 0], labels)


def test_moved_stills_have_a_flow_for_each_pair_of_frames(clips):
    for images, _, flow in moved_batches(clips, 2, with_flow=True):
        assert flow.shape == (2, 2, 3, 4, 2) and flow.dtype == np.float32
        assert len(images) == 2


def test_moved_stills_are_resumed_and_shared_like_clips(clips):
    whole = moved_batches(clips, 5)
    assert_equal_batches(whole[2:], moved_batches(clips, 3, start_step=2))
    singles = moved_batches(clips, 4, batch_size=1)
    halves = [
        moved_batches(clips, 2, batch_size=1, num_shards=2, shard_index=i)
        for i in (0, 1)
    ]
    shared = [batch for pair in zip(*halves, strict=True) for batch in pair]
    assert_equal_batches(singles, shared)


def test_a_share_of_motion_mixes_moved_stills_with_clips(clips):
    stills = [replace(clip, frames=clip.frames[-1:]) for clip in clips]
    settings = ClipBatches(
        Augmentation(SIZE, 1.0, 1.0, flip=False),
        batch_size=1,
        num_frames=2,
        seed=0,
        motion_share=0.5,
        motion=StillMotion(noise=NO_NOISE),
    )
    stream = training_clips(clips, settings, stills).as_numpy_iterator()
    # In a clip the first frame is one grey level darker than the last.
    moved = [bool((b[0][0, 0] == b[0][0, 1]).all()) for b in islice(stream, 60)]
    assert 15 < sum(moved) < 45  # 30 expected, standard deviation 3.9
    of_steps = [
        len(clips_of_step(clips, step, settings, stills)[0].frames) == 1
        for step in range(60)
    ]
    assert of_steps == moved


def test_impossible_shares_of_motion_are_refused(clips):
    with pytest.raises(ValueError, match="`motion_share` must be 0 to 1"):
        moved_batches(clips, 1, motion_share=1.5)
    with pytest.raises(ValueError, match="`with_flow` needs `motion_share` 1"):
        moved_batches(clips, 1, motion_share=0.5, with_flow=True)
    with pytest.raises(ValueError, match="`stills` must not be empty"):
        moved_batches([], 1)
