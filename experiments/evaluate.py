r"""Scores a trained network on a split of a data set.

    python -m experiments.evaluate --workdir=runs/icnet --dataset=camvid \
        --data_dir=$CAMVID --split=val

Fifteen seconds for CamVid at 192x256. Prints accuracy, mean IoU, mFP, mFIP, TC and VC_n
per video, per class and over all videos, and what flicker is to be compared with: the
labels' own mFIP, the floor of the network's output grid, and the stale rate. A figure
is left out where the split lacks what it needs: labels for accuracy, IoU, mFP and VC_n,
those of consecutive frames for mFP and VC_n, and consecutive frames for mFIP and TC.

Frames with a label are scored; in a split without labels, all frames. `--every_frame`
scores all frames in any split: in Cityscapes `val`, where one frame in thirty has a
label, there is no pair of frames otherwise.
"""

import tempfile
from functools import partial
from pathlib import Path

from absl import flags

from data.datasets.cityscapes_results import write_result
from data.files.whole_file import refuse_file, refuse_full_folder
from data.readers.cityscapes import INFO as CITYSCAPES
from data.videos.clips import streams
from experiments.command_line import command, dataset_flags, score_output
from experiments.command_line.network_flags import chosen_network
from experiments.command_line.nonfinite_flag import ALLOW_NONFINITE
from experiments.command_line.stream_flags import (
    ALIGN_STATES,
    HYSTERESIS,
    RESET_EVERY,
    SMOOTHING,
    STRENGTH,
)
from experiments.predictions.sources import Comparison, find_videos
from experiments.predictions.system_names import named_sources
from experiments.scoring.evaluation import MODES, evaluate, write_prediction
from lstm_icnet.deployment.open_export import ENGINES
from lstm_icnet.deployment.video_segmenter import VideoSegmenter
from lstm_icnet.smoothing.smoothers_by_name import make_smoother

dataset_flags.require()
_SPLIT = flags.DEFINE_string(
    "split", None, "Split to score; by default the second of the data set, usually val."
)
_MODE = flags.DEFINE_enum(
    "mode",
    "clip",
    MODES,
    "clip: every frame is predicted from a clip of its own with a zero initial state, "
    "as in the paper; stream: the state is carried through the video.",
)
_NUM_FRAMES = flags.DEFINE_integer(
    "num_frames",
    4,
    "A frame is scored if it is at least the num_frames-th of its video. Use the same "
    "number for all networks that are compared.",
    lower_bound=1,
)
_EVERY_FRAME = flags.DEFINE_bool(
    "every_frame", False, "Also score frames without a label, by mFIP and TC."
)
_TC = flags.DEFINE_bool("tc", True, "Measure TC, for which optical flow is estimated.")
_PREDICTIONS_DIR = flags.DEFINE_string(
    "predictions_dir",
    None,
    "New or empty folder to write the scored predictions to, as grey PNGs of class "
    "ids, VIDEO/FRAME.png, which the verb flicker reads.",
)
_RESULTS_DIR = flags.DEFINE_string(
    "results_dir",
    None,
    "New or empty folder to write the scored predictions to in the format of "
    "Cityscapes' own evaluation script.",
)
_FIGURES = flags.DEFINE_string(
    "figures", None, "Folder to write pictures of the flicker and report.html to."
)
_ENGINE = flags.DEFINE_enum(
    "engine",
    None,
    ENGINES,
    "What runs an export; by default TensorFlow, or what fits the file.",
)
_CURVE = flags.DEFINE_list(
    "curve",
    [],
    "Strengths of --smoothing, such as 0.25,0.5,0.75: the network is scored without "
    "smoothing and with each; --figures gets a picture of accuracy over flicker.",
)


def _write_to(folders):
    """A function that writes every prediction to `folders` and --results_dir."""
    writers = [partial(write_prediction, Path(folder)) for folder in folders]
    if _RESULTS_DIR.value:
        if dataset_flags.DATASET.value != CITYSCAPES.name:
            raise ValueError(
                f"--results_dir is for --dataset={CITYSCAPES.name}; "
                f"--predictions_dir is for any data set"
            )
        writers.append(partial(_write_result, _RESULTS_DIR.value))

    def write(*prediction):
        for writer in writers:
            writer(*prediction)

    return write


def _write_result(folder, stream, frame, labels):
    write_result(folder, frame.image, labels)


def _write_pictures(videos, predictions_dir, name, scores):
    from experiments.flicker_report.figures import write_pictures  # Matplotlib

    info = dataset_flags.chosen_dataset().info
    comparison = Comparison(
        dataset=info.name,
        videos=videos,
        num_classes=len(info.classes),
        frame_stride=dataset_flags.FRAME_STRIDE.value,
        partial=True,  # videos too short to be scored
    )
    systems, _ = find_videos({name: predictions_dir}, comparison)
    write_pictures(
        Path(_FIGURES.value), systems, {name: scores}, info.classes, info.palette
    )


def main():
    command.log_flags()
    if SMOOTHING.value != "none" and _MODE.value != "stream":
        raise ValueError(
            f"--smoothing={SMOOTHING.value} needs --mode=stream: a clip is predicted "
            f"without the frames before it"
        )
    if _FIGURES.value:
        refuse_file(Path(_FIGURES.value))
    for folder in filter(None, (_PREDICTIONS_DIR.value, _RESULTS_DIR.value)):
        refuse_full_folder(Path(folder))
    strengths = _strengths()
    info = dataset_flags.chosen_dataset().info
    videos = dataset_flags.videos_of(_SPLIT.value or info.splits[1])
    ((name, path),) = named_sources([chosen_network()], "--workdir").items()
    if strengths:
        _evaluate_curve(name, path, strengths, videos, info.classes)
        return
    with tempfile.TemporaryDirectory() as for_pictures:
        wanted = _PREDICTIONS_DIR.value, _FIGURES.value and for_pictures
        write = _write_to(filter(None, wanted))
        smoothing = SMOOTHING.value, STRENGTH.value, HYSTERESIS.value
        scores = _evaluated(path, smoothing, videos, info.classes, write)
        score_output.report({name: scores})
        for folder in filter(None, (_PREDICTIONS_DIR.value, _RESULTS_DIR.value)):
            print(f"The predictions are in {folder}")
        if _FIGURES.value:
            _write_pictures(videos, for_pictures, name, scores)


def _strengths():
    """The numbers of --curve, checked."""
    if not _CURVE.value:
        return []
    if SMOOTHING.value == "none" or STRENGTH.value is not None:
        raise ValueError("--curve needs --smoothing, and takes the place of --strength")
    if _PREDICTIONS_DIR.value or _RESULTS_DIR.value:
        raise ValueError(
            "--curve cannot be combined with --predictions_dir or --results_dir: it "
            "has several predictions of each frame"
        )
    try:
        strengths = [float(strength) for strength in _CURVE.value]
    except ValueError:
        raise ValueError(
            f"--curve must be numbers, such as 0.25,0.5. Received: "
            f"{','.join(_CURVE.value)}"
        ) from None
    for strength in strengths:
        make_smoother(SMOOTHING.value, strength, HYSTERESIS.value)
    return strengths


def _evaluate_curve(name, path, strengths, videos, classes):
    """Scores without smoothing and with each strength, as systems side by side."""
    scores = {name: _evaluated(path, ("none", None, None), videos, classes)}
    for strength in strengths:
        smoothing = SMOOTHING.value, strength, HYSTERESIS.value
        title = f"{name} {SMOOTHING.value} {strength:g}"
        scores[title] = _evaluated(path, smoothing, videos, classes)
    score_output.report(scores)
    if _FIGURES.value:
        from experiments.flicker_report.accuracy_over_flicker import (  # Matplotlib
            save_accuracy_over_flicker,
        )

        path = Path(_FIGURES.value) / "accuracy_over_flicker.png"
        save_accuracy_over_flicker(path, scores)
        print(f"The picture is in {path}")


def _evaluated(path, smoothing, videos, classes, on_prediction=None):
    name, strength, hysteresis = smoothing
    return evaluate(
        VideoSegmenter(
            path,
            name,
            strength,
            ALLOW_NONFINITE.value,
            hysteresis=hysteresis,
            align_states=ALIGN_STATES.value,
            engine=_ENGINE.value,
        ),
        streams(videos, dataset_flags.FRAME_STRIDE.value),
        classes,
        _MODE.value,
        _NUM_FRAMES.value,
        reset_every=RESET_EVERY.value,
        every_frame=_EVERY_FRAME.value,
        with_tc=_TC.value,
        on_prediction=on_prediction,
    )


if __name__ == "__main__":
    command.run(main)
