"""--smoothing and --allow_nonfinite of the verbs that use a trained network."""

import json

import cv2
import numpy as np
import pytest
from folder_tree import numbered, write_folder, write_image
from moving_texture import moving_texture
from random_icnet import CLASSES, PALETTE, new_random_network
from verb_process import VerbProcess

from data.labels.id_png import read_ids
from lstm_icnet import VideoSegmenter

SIZE = (97, 97)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A video of a moving texture, a network, and a network whose weights are NaN."""
    folder = tmp_path_factory.mktemp("inputs")
    settings = {"classes": CLASSES, "palette": PALETTE}
    write_folder(folder / "tree", {"drive": numbered(range(6))}, settings, SIZE)
    frames = moving_texture(np.random.default_rng(0), SIZE, [(t, t) for t in range(6)])
    for index, frame in enumerate(frames):
        write_image(folder / "tree" / "images" / "drive" / f"{index:04}.png", frame)
    model = new_random_network(None, None, SIZE)
    model.save(folder / "icnet.keras")
    bias = model.get_layer("conv6_cls").bias
    bias.assign(bias.numpy() * np.nan)
    model.save(folder / "nan.keras")
    aligned = new_random_network(2, "depthwise", SIZE, align_states=True)
    aligned.save(folder / "aligned.keras")
    return folder


@pytest.fixture(scope="module")
def evaluate():
    with VerbProcess("evaluate") as verb:
        yield verb


def scored(evaluate, inputs, out, *flags, network="icnet"):
    return evaluate(
        "--dataset=folder",
        f"--data_dir={inputs}/tree",
        f"--model_file={inputs}/{network}.keras",
        "--num_frames=1",
        "--split=all",
        f"--json={out}/scores.json",
        f"--predictions_dir={out}/maps",
        *flags,
        seconds=300,
    )


@pytest.mark.parametrize("flag", ["predictions_dir", "results_dir"])
def test_evaluate_mixes_no_predictions_with_those_of_another_run(
    evaluate, inputs, tmp_path, flag
):
    (tmp_path / "0001.png").touch()
    result = scored(evaluate, inputs, tmp_path, f"--{flag}={tmp_path}")
    assert result.code == 1
    assert f"{tmp_path} is not empty; choose a new or an empty folder" in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["0001.png"]


def test_evaluate_scores_the_smoothed_stream(evaluate, inputs, tmp_path):
    flags = "--mode=stream", "--smoothing=mean", "--strength=0.9"
    result = scored(evaluate, inputs, tmp_path, *flags)
    assert result.code == 0, result.err
    smoothed = VideoSegmenter(inputs / "icnet.keras", "mean", 0.9)
    images = sorted((inputs / "tree" / "images" / "drive").iterdir())
    maps = sorted((tmp_path / "maps").rglob("*.png"))
    assert len(images) == len(maps) == 6
    for image, path in zip(images, maps, strict=True):
        frame = np.ascontiguousarray(cv2.imread(str(image))[..., ::-1])
        expected = smoothed.segment_frame(frame)
        assert np.not_equal(read_ids(str(path)), expected).mean() < 1e-3
    smoothed_mfip = json.loads((tmp_path / "scores.json").read_text())["mfip"]
    plain = tmp_path / "plain"
    assert scored(evaluate, inputs, plain, "--mode=stream").code == 0
    assert smoothed_mfip < json.loads((plain / "scores.json").read_text())["mfip"]


@pytest.mark.parametrize(
    "flags, reason",
    [
        (("--smoothing=flow",), "--smoothing=flow needs --mode=stream"),
        (("--strength=0.5",), "`strength` needs a `smoothing`"),
        (("--hysteresis=1",), "`hysteresis` needs the smoothing flow"),
        (
            ("--mode=stream", "--smoothing=flow", "--strength=1"),
            "must be at least 0 and below 1",
        ),
        (
            ("--mode=stream", "--smoothing=vote", "--strength=2"),
            "must be odd and positive",
        ),
    ],
)
def test_evaluate_refuses_smoothing_that_cannot_be(
    flags, reason, evaluate, inputs, tmp_path
):
    result = scored(evaluate, inputs, tmp_path, *flags)
    assert result.code == 1
    (sentence,) = result.errors
    assert reason in sentence


def test_a_curve_scores_every_strength_and_is_drawn(evaluate, inputs, tmp_path):
    result = evaluate(
        "--dataset=folder",
        f"--data_dir={inputs}/tree",
        f"--model_file={inputs}/icnet.keras",
        "--num_frames=1",
        "--split=all",
        "--mode=stream",
        "--smoothing=mean",
        "--curve=0.5,0.9",
        f"--json={tmp_path}/scores.json",
        f"--figures={tmp_path}/pictures",
        seconds=300,
    )
    assert result.code == 0, result.err
    scores = json.loads((tmp_path / "scores.json").read_text())
    names = list(scores)
    assert [name.split()[1:] for name in names] == [
        [],
        ["mean", "0.5"],
        ["mean", "0.9"],
    ]
    none, half, most = (scores[name]["mfip"] for name in names)
    assert none > half > most
    assert (tmp_path / "pictures" / "accuracy_over_flicker.png").is_file()


@pytest.mark.parametrize(
    "flags, reason",
    [
        (["--curve=0.5"], "--curve needs --smoothing"),
        (["--smoothing=mean", "--strength=0.5", "--curve=0.5"], "takes the place of"),
        (["--smoothing=mean", "--curve=0.5"], "cannot be combined with --predictions"),
        (["--smoothing=mean", "--curve=much", "--predictions_dir="], "must be numbers"),
        (["--smoothing=mean", "--curve=0.5,2", "--predictions_dir="], "and below 1"),
    ],
)
def test_evaluate_refuses_a_curve_that_cannot_be(
    flags, reason, evaluate, inputs, tmp_path
):
    result = scored(evaluate, inputs, tmp_path, "--mode=stream", *flags)
    assert result.code == 1
    (sentence,) = result.errors
    assert reason in sentence


@pytest.mark.parametrize("flag", ["--align_states", "--noalign_states"])
def test_states_are_aligned_as_in_training_unless_told_otherwise(
    evaluate, inputs, tmp_path, flag
):
    tables = {}
    for name, flags in (("default", ()), ("chosen", (flag,))):
        flags = "--mode=stream", *flags
        result = scored(evaluate, inputs, tmp_path / name, *flags, network="aligned")
        assert result.code == 0, result.err
        maps = sorted((tmp_path / name / "maps").rglob("*.png"))
        tables[name] = [path.read_bytes() for path in maps]
    assert len(tables["default"]) == 6
    assert (tables["default"] == tables["chosen"]) == (flag == "--align_states")


def test_weights_that_are_nan_are_refused_unless_allowed(evaluate, inputs, tmp_path):
    result = scored(evaluate, inputs, tmp_path, network="nan")
    assert result.code == 1
    (sentence,) = result.errors
    assert f"{inputs}/nan.keras has weights that are NaN" in sentence
    assert not list(tmp_path.iterdir())
    allowed = scored(evaluate, inputs, tmp_path, "--allow_nonfinite", network="nan")
    assert allowed.code == 0, allowed.err


def test_segment_smooths_along_the_flow_unless_told_otherwise(inputs, tmp_path):
    def segment(name, *flags):
        result = verb(
            f"--model={inputs}/icnet.keras",
            f"--input={inputs}/tree/images/drive",
            f"--output={tmp_path / name}",
            "--alpha=1",
            *flags,
            seconds=300,
        )
        assert result.code == 0, result.err
        return [path.read_bytes() for path in sorted((tmp_path / name).iterdir())]

    with VerbProcess("segment") as verb:
        default = segment("default")
        assert default == segment(
            "flow", "--smoothing=flow", "--strength=0.6", "--hysteresis=1"
        )
        assert default != segment("none", "--hysteresis=0")
        plain = segment("plain", "--smoothing=none")
    assert default[0] == plain[0]
    assert default[1:] != plain[1:]
