import threading
from concurrent.futures import ThreadPoolExecutor

import av
import cv2
import numpy as np
import pytest
from moving_texture import moving_texture
from random_icnet import (
    CLASSES,
    PALETTE,
    expected_labels,
    export_folder,
    random_network,
)

from lstm_icnet import VideoSegmenter
from lstm_icnet.deployment.export_folder import export
from lstm_icnet.deployment.label_drawing import draw_labels, draw_probabilities
from lstm_icnet.smoothing import FlowSmoother

NAME = "v4 separable"  # three frames of 98x120
FORMS = ["object", "file", "export"]


@pytest.fixture(scope="module")
def segmenter_of(tmp_path_factory):
    """The `VideoSegmenter` of one network, by the form in which it is given."""
    file = tmp_path_factory.mktemp("network") / "network.keras"
    random_network(NAME).save(file)
    networks = {
        "object": lambda: random_network(NAME),
        "file": lambda: str(file),
        "export": lambda: export_folder(NAME),
    }
    made = {}

    def segmenter(form):
        if form not in made:
            made[form] = VideoSegmenter(networks[form]())
        made[form].reset()
        return made[form]

    return segmenter


@pytest.fixture
def clip(rng):
    return rng.integers(0, 256, (3, 98, 120, 3), dtype="uint8")


def labels_of_clip(clip, size=None):
    """Labels of the last frame by NumPy, from the logits of the clip graph."""
    return expected_labels(random_network(NAME), clip[np.newaxis], size)[0]


def assert_same_labels(labels, expected):
    assert labels.dtype == np.uint8
    assert labels.shape == expected.shape
    assert np.not_equal(labels, expected).mean() < 1e-3  # where rounding decides


@pytest.mark.parametrize("form", FORMS)
def test_network_says_what_it_is_in_every_form(segmenter_of, form):
    segmenter = segmenter_of(form)
    assert tuple(segmenter.classes) == CLASSES
    assert tuple(map(tuple, segmenter.palette)) == PALETTE
    assert segmenter.num_classes == len(CLASSES)
    assert segmenter.num_frames == 3
    assert segmenter.image_size == (98, 120)


@pytest.mark.parametrize("form", FORMS)
def test_stream_of_frames_equals_the_clip(segmenter_of, form, clip):
    segmenter = segmenter_of(form)
    for frame in clip:
        labels = segmenter.segment_frame(frame)
    assert_same_labels(labels, labels_of_clip(clip))


@pytest.mark.parametrize("form", ["object", "export"])
def test_clip_equals_the_clip_graph_and_leaves_the_stream_alone(
    segmenter_of, form, clip
):
    segmenter = segmenter_of(form)
    first, second, last = clip
    segmenter.segment_frame(first)
    segmenter.segment_frame(second)
    assert_same_labels(segmenter.segment_clip(clip[::-1]), labels_of_clip(clip[::-1]))
    assert_same_labels(segmenter.segment_frame(last), labels_of_clip(clip))


@pytest.mark.parametrize("form", ["object", "export"])
def test_reset_forgets_the_frames_before(segmenter_of, form, clip):
    segmenter = segmenter_of(form)
    first = segmenter.segment_frame(clip[0])
    with_memory = segmenter.segment_frame(clip[0])
    segmenter.reset()
    assert np.array_equal(segmenter.segment_frame(clip[0]), first)
    assert not np.array_equal(with_memory, first)


@pytest.mark.parametrize("form", FORMS)
def test_frames_of_another_size_come_back_in_their_own(segmenter_of, form, clip):
    segmenter = segmenter_of(form)
    large = np.stack([cv2.resize(frame, (181, 143)) for frame in clip])
    for frame in large:
        labels = segmenter.segment_frame(frame)
    assert labels.shape == (143, 181)
    small = np.stack([cv2.resize(frame, (120, 98)) for frame in large])
    assert_same_labels(labels, labels_of_clip(small, (143, 181)))


def test_another_size_starts_another_video(segmenter_of, clip):
    segmenter = segmenter_of("export")
    first = segmenter.segment_frame(clip[0])
    segmenter.segment_frame(clip[1, :50])
    assert np.array_equal(segmenter.segment_frame(clip[0]), first)


def test_video_starts_without_memory_and_is_segmented_as_it_comes(segmenter_of, clip):
    segmenter = segmenter_of("export")
    frames = [segmenter.segment_frame(frame) for frame in clip]
    taken = []

    def video():
        for frame in clip:
            taken.append(frame)
            yield frame

    for count, labels in enumerate(segmenter.segment_video(video()), start=1):
        assert len(taken) == count
        assert np.array_equal(labels, frames[count - 1])
    assert count == 3


def test_frames_may_be_views(segmenter_of, clip):
    segmenter = segmenter_of("export")
    expected = segmenter.segment_frame(clip[0])
    bgr = clip[0][..., ::-1].copy()
    bgr.flags.writeable = False
    segmenter.reset()
    assert np.array_equal(segmenter.segment_frame(bgr[..., ::-1]), expected)


def test_the_saved_model_inside_an_export_stands_for_it(segmenter_of, clip):
    inside = VideoSegmenter(export_folder(NAME) / "saved_model")
    assert inside.image_size == (98, 120)
    labels = segmenter_of("export").segment_frame(clip[0])
    assert np.array_equal(inside.segment_frame(clip[0]), labels)


def test_icnet_has_no_memory(rng):
    segmenter = VideoSegmenter(random_network("icnet"))
    frames = rng.integers(0, 256, (2, 120, 222, 3), dtype="uint8")
    first = segmenter.segment_frame(frames[0])
    segmenter.segment_frame(frames[1])
    assert np.array_equal(segmenter.segment_frame(frames[0]), first)
    assert segmenter.num_frames == 1
    expected = expected_labels(random_network("icnet"), frames[:1])[0]
    assert_same_labels(first, expected)
    assert_same_labels(segmenter.segment_clip(frames[:1]), expected)


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((98, 120, 3), "float32"),
        np.zeros((98, 120), "uint8"),
        np.zeros((98, 120, 4), "uint8"),
        np.zeros((1, 98, 120, 3), "uint8"),
        np.zeros((0, 120, 3), "uint8"),
        [[[1, 2, 3]]],
        None,
    ],
    ids=["float", "grey", "rgba", "batch", "empty", "list", "none"],
)
def test_what_is_no_frame_is_refused(segmenter_of, frame):
    with pytest.raises(ValueError, match=r"must be uint8 RGB.*Received: shape="):
        segmenter_of("object").segment_frame(frame)


def test_what_is_no_clip_is_refused(segmenter_of, clip):
    segmenter = segmenter_of("object")
    with pytest.raises(ValueError, match=r"has 3 frames\. Received: 2 frames"):
        segmenter.segment_clip(clip[:2])
    with pytest.raises(ValueError, match="must be uint8 RGB"):
        segmenter.segment_clip(clip[0])
    with pytest.raises(ValueError, match="must be uint8 RGB"):
        segmenter.segment_clip(list(clip))


def test_a_second_thread_is_refused_while_the_first_is_at_work(clip):
    segmenter = VideoSegmenter(random_network(NAME))
    entered, leave = threading.Event(), threading.Event()

    def step(images, states):
        entered.set()
        assert leave.wait(20)
        return np.zeros((1, 25, 29, 5), "float32"), states

    segmenter._network.step = step
    with ThreadPoolExecutor() as pool:
        first = pool.submit(segmenter.segment_frame, clip[0])
        assert entered.wait(20)
        for call in (
            lambda: segmenter.segment_frame(clip[0]),
            lambda: segmenter.segment_clip(clip),
            segmenter.reset,
        ):
            with pytest.raises(RuntimeError, match="Another thread is using"):
                call()
        leave.set()
        assert first.result().shape == (98, 120)
    segmenter.reset()


@pytest.mark.parametrize(
    "form",
    [
        *FORMS,
        pytest.param("tflite", marks=pytest.mark.slow),
        pytest.param("onnx", marks=pytest.mark.slow),
    ],
)
def test_streams_in_two_threads_give_what_each_gives_alone(form, rng, tmp_path):
    model = random_network(NAME)
    if form == "onnx":
        pytest.importorskip("tf2onnx", reason="needs the extra `onnx`")
    networks = {
        "object": lambda: model,
        "file": lambda: model.save(tmp_path / "a.keras") or tmp_path / "a.keras",
        "export": lambda: export_folder(NAME),
    }
    network = networks.get(form, lambda: export(model, tmp_path, formats=[form]))()
    segmenter = VideoSegmenter(network, "flow", align_states=True)
    videos = rng.integers(0, 256, (2, 8, 70, 90, 3), dtype="uint8")
    alone = [list(segmenter.stream().segment_video(video)) for video in videos]
    barrier = threading.Barrier(2)

    def run(stream, video):
        found = []
        for frame in video:
            barrier.wait(20)
            found.append(stream.segment_frame(frame))
        return found

    with ThreadPoolExecutor() as pool:
        streams = segmenter, segmenter.stream()
        together = list(pool.map(run, streams, videos))
    np.testing.assert_array_equal(together, alone)
    assert not np.array_equal(*alone)


def test_threads_may_be_the_first_to_use_a_network(clip):
    segmenter = VideoSegmenter(random_network(NAME))
    streams = [segmenter.stream() for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        first = list(pool.map(lambda s: s.segment_frame(clip[0]), streams))
    expected = segmenter.segment_frame(clip[0])
    assert all(np.array_equal(labels, expected) for labels in first)


def test_a_stream_says_what_its_network_is(segmenter_of):
    stream = segmenter_of("export").stream()
    assert tuple(stream.classes) == CLASSES
    assert stream.image_size == (98, 120)


def test_warm_up_leaves_the_state_alone(clip):
    segmenter = VideoSegmenter(random_network(NAME), "flow")
    segmenter.warm_up()
    first = segmenter.segment_frame(clip[0])
    second = segmenter.segment_frame(clip[1])
    segmenter.reset()
    assert np.array_equal(segmenter.segment_frame(clip[0]), first)
    segmenter.warm_up()
    assert np.array_equal(segmenter.segment_frame(clip[1]), second)


def test_what_is_closed_is_refused_but_its_streams_go_on(clip):
    with VideoSegmenter(random_network(NAME)) as segmenter:
        stream = segmenter.stream()
        expected = segmenter.segment_frame(clip[0])
    for call in (
        lambda: segmenter.segment_frame(clip[0]),
        lambda: segmenter.segment_clip(clip),
        segmenter.stream,
        lambda: segmenter.num_classes,
    ):
        with pytest.raises(RuntimeError, match="This VideoSegmenter is closed"):
            call()
    segmenter.close()
    with stream:
        assert np.array_equal(stream.segment_frame(clip[0]), expected)
    with pytest.raises(RuntimeError, match="This VideoStream is closed"):
        stream.segment_frame(clip[0])


@pytest.mark.parametrize("form", ["object", "export"])
def test_scores_are_the_probabilities_of_the_next_frame(segmenter_of, form, clip):
    segmenter = segmenter_of(form)
    model = random_network(NAME)
    for frame in clip:
        scores = segmenter.segment_frame(frame, scores=True)
    logits = np.asarray(model(clip[np.newaxis], training=False)["main"])[0]
    np.testing.assert_allclose(
        scores, draw_probabilities(logits, (98, 120)), atol=1e-3
    )  # both graphs round differently
    np.testing.assert_allclose(scores.sum(axis=-1), 1, atol=1e-5)


def test_a_video_file_is_segmented_frame_by_frame(segmenter_of, tmp_path, rng):
    frames = rng.integers(0, 256, (3, 70, 90, 3), dtype="uint8")
    with av.open(str(tmp_path / "video.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=10)  # without loss
        stream.height, stream.width, stream.pix_fmt = 70, 90, "bgr0"
        for frame in frames:
            image = av.VideoFrame.from_ndarray(frame, format="rgb24")
            container.mux(stream.encode(image))
        container.mux(stream.encode())
    segmenter = segmenter_of("export")
    expected = list(segmenter.segment_video(frames))
    found = list(segmenter.segment_video(tmp_path / "video.mkv"))
    np.testing.assert_array_equal(found, expected)
    scores = list(segmenter.segment_video(str(tmp_path / "video.mkv"), scores=True))
    assert np.shape(scores) == (3, 70, 90, len(CLASSES))
    with pytest.raises(FileNotFoundError, match=r"nothing\.mp4 is missing"):
        next(segmenter.segment_video(tmp_path / "nothing.mp4"))


@pytest.mark.parametrize("form", FORMS)
def test_a_stream_is_smoothed_before_labels_are_drawn(form, rng, tmp_path):
    model = random_network("icnet")
    video = moving_texture(rng, (120, 222), [(0, 0), (1, 2), (2, 4)])
    network = {
        "object": lambda: model,
        "file": lambda: model.save(tmp_path / "a.keras") or tmp_path / "a.keras",
        "export": lambda: export_folder("icnet"),
    }[form]()
    segmenter, smoother = VideoSegmenter(network, "flow", 0.9), FlowSmoother(0.9)
    plain = VideoSegmenter(model)
    for image in video:
        logits = np.asarray(model(image[np.newaxis], training=False)["main"])[0]
        expected = draw_labels(smoother(logits, image), (120, 222))
        labels = segmenter.segment_frame(image)
        assert_same_labels(labels, expected)
    assert np.not_equal(labels, plain.segment_frame(image)).mean() > 1e-2
    # Clips are not smoothed, and the first frame after `reset` is not either.
    own = plain.segment_frame(video[2])
    assert_same_labels(segmenter.segment_clip(video[2][np.newaxis]), own)
    segmenter.reset()
    assert_same_labels(segmenter.segment_frame(video[2]), own)


def test_smoothing_that_is_unknown_is_refused_before_the_network_is_opened():
    with pytest.raises(ValueError, match="`smoothing` must be one of"):
        VideoSegmenter("nowhere", "blur")
    with pytest.raises(ValueError, match="`strength` needs a `smoothing`"):
        VideoSegmenter("nowhere", strength=0.5)


@pytest.mark.parametrize(
    "name, strength, hysteresis", [("icnet", 0.6, 1.0), (NAME, 0.3, 0.3)]
)
def test_networks_with_a_memory_are_smoothed_less_by_default(
    name, strength, hysteresis, rng
):
    network = random_network(name)
    video = moving_texture(rng, (98, 120), [(0, 0), (1, 2), (2, 4)])
    default = VideoSegmenter(network, "flow")
    explicit = VideoSegmenter(network, "flow", strength, hysteresis=hysteresis)
    other = VideoSegmenter(network, "flow", strength, hysteresis=hysteresis + 0.5)
    for stream in (default, default.stream()):
        explicit.reset()
        for image in video:
            found = stream.segment_frame(image, scores=True)
            np.testing.assert_array_equal(
                found, explicit.segment_frame(image, scores=True)
            )
    for image in video:
        others = other.segment_frame(image, scores=True)
    assert (found != others).any()
