import numpy as np
import pytest
from folder_tree import numbered, write_folder

from data.datasets.open_dataset import open_dataset
from data.videos.clips import streams
from experiments.scoring.evaluation import evaluate
from experiments.synthetic_demo.colour_classifier import (
    ColourClassifier,
    ColourSegmenter,
)


def test_it_equals_a_count_by_hand(rng):
    image = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)
    label = rng.integers(0, 5, (30, 40), dtype=np.uint8)
    classifier = ColourClassifier(5, bits=1).fit(image, label)
    cells = image // 128
    expected = np.empty_like(label)
    for y, x in np.ndindex(label.shape):
        same = (cells == cells[y, x]).all(-1)
        expected[y, x] = np.bincount(label[same], minlength=5).argmax()
    np.testing.assert_array_equal(classifier.predict(image), expected)


def test_colours_that_tell_the_classes_apart_are_learnt(rng):
    palette = np.array([[200, 0, 0], [0, 200, 0], [0, 0, 200]], np.uint8)
    label = rng.integers(0, 3, (2, 20, 20))
    classifier = ColourClassifier(3)
    for one in label:
        classifier.fit(palette[one], one)
    np.testing.assert_array_equal(classifier.predict(palette[label]), label)


def test_ignored_pixels_do_not_count():
    image = np.zeros((2, 2, 3), np.uint8)
    label = np.array([[255, 255], [255, 1]], np.uint8)
    assert (ColourClassifier(3).fit(image, label).predict(image) == 1).all()


def test_a_colour_never_seen_gets_the_most_frequent_class():
    image = np.zeros((1, 3, 3), np.uint8)
    image[0, 2] = 100
    classifier = ColourClassifier(4).fit(image, np.array([[2, 2, 3]], np.uint8))
    assert classifier.predict(np.full((1, 1, 3), 255, np.uint8)) == 2


def test_an_image_of_floats_is_refused():
    with pytest.raises(ValueError, match="uint8"):
        ColourClassifier(3).predict(np.zeros((2, 2, 3)))


def test_it_is_scored_like_a_network(tmp_path):
    # Greys 0 to 7 share a cell of 3 bits; label n modulo 3 makes class 0 its majority.
    write_folder(tmp_path, {"drive": numbered(range(7))})
    dataset = open_dataset("folder", str(tmp_path))
    videos = dataset.read_videos(str(tmp_path), "all")
    segmenter = ColourSegmenter(videos, len(dataset.info.classes))
    scores = evaluate(segmenter, streams(videos), dataset.info.classes, progress=False)
    assert scores.num_frames == 4  # of the labels 0, 1, 2 and 0
    assert scores.accuracy == pytest.approx(50.0)
