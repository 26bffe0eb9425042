import subprocess
import sys

import cv2
import numpy as np
import pytest
from checkout import ROOT
from moving_texture import moving_texture

from lstm_icnet.smoothing import (
    SMOOTHINGS,
    FlowSmoother,
    FrameMotion,
    HoldSmoother,
    MeanSmoother,
    MedianSmoother,
    VoteSmoother,
    make_smoother,
)

NAMES = [name for name in SMOOTHINGS if name != "none"]
SHIFTS = [(0, 0), (2, 3), (4, 6), (6, 9), (8, 12)]


@pytest.fixture
def video(rng):
    return moving_texture(rng, (120, 160), SHIFTS)


@pytest.fixture
def scores(rng):
    """Random logits of every frame, (frames, height, width, classes)."""
    return rng.standard_normal((len(SHIFTS), 31, 41, 4)).astype("float32")


def bilinear(past, y, x):
    """`past` at the positions y and x, by NumPy alone."""
    height, width = past.shape[:2]
    y, x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
    top, left = (np.floor(v).astype(int) for v in (y, x))
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, across = (y - top)[..., np.newaxis], (x - left)[..., np.newaxis]
    upper = (1 - across) * past[top, left] + across * past[top, right]
    lower = (1 - across) * past[bottom, left] + across * past[bottom, right]
    return (1 - down) * upper + down * lower


@pytest.mark.parametrize("strength", [0.0, 0.5, 0.75, 0.95])
@pytest.mark.parametrize("hysteresis", [0.0, 2.0])
def test_flow_smoothing_equals_its_equation(hysteresis, strength, video, scores):
    smoother, motion = FlowSmoother(strength, hysteresis), FrameMotion()
    memory = None
    # Scores that are smooth in space: OpenCV rounds positions to 1/32 of a grid point.
    scores = np.stack([cv2.GaussianBlur(x, (0, 0), 3) for x in scores])
    for image, x in zip(video, scores, strict=True):
        found = motion.update(image, x.shape[:2])
        if found is None:
            expected = x
        else:
            column, row = np.moveaxis(found.points, -1, 0)
            mixed = strength * bilinear(memory, row, column) + (1 - strength) * x
            expected = np.where(found.known[..., np.newaxis], mixed, x)
        result = smoother(x, image)
        assert result.dtype == np.float32
        off = np.abs(result - expected)
        assert off.mean() < 0.005
        assert (off < 0.05).mean() > 0.99  # where classes have equal scores, any wins
        memory = expected.astype("float64")
        if strength:
            largest = np.arange(4) == result.argmax(axis=-1)[..., np.newaxis]
            memory = memory + hysteresis * (1 - strength) / strength * largest
    assert found.known.mean() > 0.7


def test_hysteresis_grows_with_the_frames_that_a_class_lasts(rng):
    image = moving_texture(rng, (32, 32), [(0, 0)])[0]
    same, other = np.zeros((2, 4, 4, 2), "float32")
    same[..., 0], other[..., 1] = 0.1, 1.0
    smoother = FlowSmoother(0.5, hysteresis=2.0)
    for n in range(5):
        found = smoother(same, image)
        lead = 2.0 * (1 - 0.5**n)  # of the class that n frames had
        np.testing.assert_allclose(found[..., 0], 0.1 + lead, atol=1e-5)
        np.testing.assert_allclose(found[..., 1], 0, atol=1e-6)
    # The memory leads by 0.1 + 2 (1 - 1/2^4) + 2; half of that is 1.99 and more than
    # half of the other class' 1.
    assert (smoother(other, image).argmax(axis=-1) == 0).all()
    assert (smoother(5 * other, image).argmax(axis=-1) == 1).all()


def test_hysteresis_moves_with_the_picture(rng):
    first, second = moving_texture(rng, (128, 128), [(0, 0), (0, 8)])
    scores = np.zeros((33, 33, 2), "float32")
    scores[..., 0] = 0.01
    scores[:, 16:, 0] = -0.01  # class 1 on the right
    smoother = FlowSmoother(0.5, hysteresis=1.0)
    smoother(scores, first)
    equal = np.zeros_like(scores)
    found = smoother(equal, second).argmax(axis=-1)
    # The camera moved by 8 of 127 pixels, two of 32 grid points, to the right.
    assert (found[4:-4, 14:28] == 1).mean() > 0.95
    assert (found[4:-4, 2:14] == 0).mean() > 0.95


def test_probabilities_are_smoothed_as_their_logarithms(video, scores):
    def softmax(x):
        return np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)

    of_logits = FlowSmoother(0.6, 1.0)
    of_probabilities = FlowSmoother(0.6, 1.0, probabilities=True)
    for image, x in zip(video, scores, strict=True):
        found = of_probabilities(softmax(x), image)
        np.testing.assert_allclose(found, softmax(of_logits(x, image)), atol=1e-5)
    certain = np.zeros_like(found)
    certain[..., 0] = 1
    assert np.isfinite(of_probabilities(certain, video[0])).all()


@pytest.mark.parametrize("scores", [[0.5, 0.6], [-0.5, 1.5], [2.0, 3.0]])
def test_what_are_no_probabilities_is_refused(scores, video):
    scores = np.broadcast_to(np.float32(scores), (8, 9, 2))
    with pytest.raises(ValueError, match=r"must be probabilities.* Received: values"):
        FlowSmoother(probabilities=True)(scores, video[0])


@pytest.mark.parametrize("hysteresis", [-0.1, float("inf"), float("nan")])
def test_a_hysteresis_out_of_range_is_refused(hysteresis):
    with pytest.raises(ValueError, match=r"`hysteresis`.*Received: hysteresis="):
        make_smoother("flow", hysteresis=hysteresis)


@pytest.mark.parametrize("name", ["none", "mean", "hold", "vote", "median"])
def test_other_smoothings_have_no_hysteresis(name):
    with pytest.raises(ValueError, match=r"needs the smoothing flow\. Received"):
        make_smoother(name, hysteresis=1.0)


@pytest.mark.parametrize(
    "given, expected",
    [
        ({}, (0.6, 1.0)),
        ({"has_memory": True}, (0.3, 0.3)),
        ({"has_memory": True, "strength": 0.8}, (0.8, 0.3)),
        ({"has_memory": True, "hysteresis": 0.0}, (0.3, 0.0)),
    ],
)
def test_a_network_with_a_memory_is_smoothed_less(given, expected):
    smoother = make_smoother("flow", **given)
    assert (smoother.strength, smoother.hysteresis) == expected


@pytest.mark.parametrize("name", ["none", "mean", "hold", "vote", "median"])
def test_a_memory_does_not_change_the_other_smoothings(name):
    with_memory = make_smoother(name, has_memory=True)
    strengths = [
        getattr(s, "strength", None) for s in (make_smoother(name), with_memory)
    ]
    assert strengths[0] == strengths[1]


@pytest.mark.parametrize("strength", [0.25, 0.9])
def test_noise_on_what_moves_is_averaged_without_lag(strength, rng):
    shifts = [(3 * t, 4 * t) for t in range(8)]
    video = moving_texture(rng, (180, 240), shifts)
    rows, columns = np.indices((180, 240))
    true = [
        np.sign(np.sin((rows + down) / 15) * np.sin((columns + right) / 15))
        for down, right in shifts
    ]
    errors = {}
    for kind in (FlowSmoother, MeanSmoother):
        smoother = kind(strength)
        noise = np.random.default_rng(1)
        for image, labels in zip(video, true, strict=True):
            noisy = labels + 0.8 * noise.standard_normal(labels.shape)
            found = smoother(np.stack([-noisy, noisy], -1).astype("float32"), image)
        inner = slice(40, -40), slice(40, -40)
        wrong = np.sign(found[..., 1]) != labels
        errors[kind] = wrong[inner].mean()
    alone = (np.sign(noisy) != labels)[inner].mean()
    assert errors[FlowSmoother] < 0.8 * alone
    assert errors[FlowSmoother] < 0.8 * errors[MeanSmoother]


def test_where_the_motion_is_not_known_the_new_frame_counts_alone(rng):
    first, second = moving_texture(rng, (120, 160), [(0, 0), (0, 8)])
    smoother = FlowSmoother(0.9, hysteresis=0)
    smoother(np.zeros((31, 41, 2), "float32"), first)
    found = smoother(np.ones((31, 41, 2), "float32"), second)
    assert (found[:, -2:] == 1).all()  # 8 of 159 pixels are 2 of 40 grid points
    inner = found[8:-8, 8:-12]
    assert (np.abs(inner - 0.1) < 1e-3).mean() > 0.95


def test_the_mean_is_a_running_mean(video, scores):
    smoother = MeanSmoother(0.25)
    memory = scores[0]
    for image, x in zip(video, scores, strict=True):
        memory = 0.25 * memory + 0.75 * x
        np.testing.assert_allclose(smoother(x, image), memory, atol=1e-6)


def test_a_held_class_changes_when_another_beats_it_by_more_than_the_bonus(video):
    smoother = HoldSmoother(1.0)
    labels = []
    for difference in (0.2, -0.5, -0.9, -1.1, 0.9, 1.1):
        scores = np.zeros((2, 2, 2), "float32")
        scores[..., 0] = difference
        labels.append(smoother(scores, video[0]).argmax(-1)[0, 0])
    assert labels == [0, 0, 0, 1, 1, 0]


def test_a_vote_takes_the_class_of_most_frames_and_breaks_ties_by_the_last(video):
    smoother = VoteSmoother(3)
    labels = []
    for best in (0, 1, 0, 2, 1, 1):
        scores = np.zeros((2, 2, 3), "float32")
        scores[..., best] = 5
        labels.append(smoother(scores, video[0]).argmax(-1)[0, 0])
    # Votes: 0; 0 1; 0 1 0; 1 0 2; 0 2 1; 2 1 1.
    assert labels == [0, 1, 0, 2, 1, 1]


@pytest.mark.parametrize("frames", [3, 5])
def test_the_median_is_that_of_the_last_frames(frames, video, scores):
    smoother = MedianSmoother(frames)
    for t, (image, x) in enumerate(zip(video, scores, strict=True)):
        expected = np.median(scores[max(0, t - frames + 1) : t + 1], axis=0)
        np.testing.assert_allclose(smoother(x, image), expected, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_first_frames_are_the_networks_own(name, video, scores):
    smoother = make_smoother(name)
    first = smoother(scores[0], video[0]).copy()
    np.testing.assert_array_equal(first, scores[0])
    assert not np.array_equal(smoother(scores[1], video[1]), scores[1])
    smoother.reset()
    np.testing.assert_array_equal(smoother(scores[2], video[2]), scores[2])
    small = np.ascontiguousarray(video[3][:60])  # another size of the image
    np.testing.assert_array_equal(smoother(scores[3], small), scores[3])
    other = scores[4, :20]  # another grid
    np.testing.assert_array_equal(smoother(other, small), other)


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_not_written_to(name, video, scores):
    before = scores.copy()
    smoother = make_smoother(name)
    for image, x in zip(video, scores, strict=True):
        smoother(x, image)
    np.testing.assert_array_equal(scores, before)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("num_classes", [1, 2, 255])
def test_any_number_of_classes_is_smoothed(name, num_classes, video, rng):
    smoother = make_smoother(name)
    for image in video[:3]:
        scores = rng.random((8, 9, num_classes))  # float64
        assert smoother(scores, image).shape == scores.shape


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "scores",
    [
        np.zeros((8, 9), "float32"),
        np.zeros((8, 9, 3), "uint8"),
        np.zeros((8, 0, 3), "float32"),
        np.zeros((1, 8, 9, 3), "float32"),
        [[[0.0]]],
    ],
    ids=["2-D", "integers", "empty", "batch", "list"],
)
def test_what_are_no_scores_is_refused(name, scores, video):
    with pytest.raises(ValueError, match=r"`scores` must be floats.*Received: shape="):
        make_smoother(name)(scores, video[0])
    with pytest.raises(ValueError, match="`image` must be uint8 RGB"):
        make_smoother(name)(np.zeros((8, 9, 3), "float32"), video[0][..., 0])


@pytest.mark.parametrize(
    "name, strength",
    [
        *((name, strength) for name in ("mean", "flow") for strength in (-0.1, 1, 2)),
        ("hold", -1),
        ("hold", float("inf")),
        ("vote", 2),
        ("median", 0),
        ("median", 2.5),
        *((name, float("nan")) for name in NAMES),
        ("none", 0.5),
    ],
)
def test_strengths_out_of_range_are_refused(name, strength):
    with pytest.raises(ValueError, match=r"`strength`.*Received: strength="):
        make_smoother(name, strength)


def test_an_unknown_smoothing_is_refused():
    with pytest.raises(ValueError, match=r"must be one of .*Received: smoothing='x'"):
        make_smoother("x")
    assert make_smoother("none") is None


def test_smoothing_starts_without_keras_and_tensorflow():
    code = (
        "import sys, lstm_icnet\n"
        "lstm_icnet.smoothing.FlowSmoother()\n"
        "print(sorted({'keras', 'tensorflow', 'matplotlib'} & set(sys.modules)))\n"
    )
    output = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    assert output == "[]\n"
