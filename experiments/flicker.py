r"""Scores the label maps of any segmentation system, with labels, images or neither.

    python -m experiments.flicker --predictions=maps --labels=labels --images=frames
    python -m experiments.flicker --predictions=ours=maps --predictions=theirs=others \
        --dataset=camvid --data_dir=$CAMVID --split=val

The first frame is read within a second, and no network is loaded. `--predictions` is a
folder of grey or paletted PNGs of class ids, with one folder per video. With
`--palette` the PNGs may be in colours, and it may be a video file; use lossless video,
since H.264 adds a ninth to the mFIP of CamVid's labels. If the flag is given several
times, the tables show the systems side by side with their differences to the first,
scored on the frames that all of them have predicted.

Labels, images and flow are in folders of the same names, or come from a data set. For
Cityscapes, predictions named `..._labelIds.png` hold label ids, as its server expects.
Frames are pairs only if no frame number between them is missing. mFIP needs predictions
only. Accuracy, IoU, mFP and VC_n need labels, and mFP and VC_n those of consecutive
frames. TC needs images or flow.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from absl import flags, logging

from data.datasets.class_file import ClassFile, read_classes
from data.files.whole_file import refuse_file
from data.labels.any_encoding import MAX_CLASSES
from data.labels.nearest_colours import TOLERANCE
from experiments.command_line import command, dataset_flags, score_output
from experiments.predictions.smoothed_streams import (
    smoothed_streams,
    smoothing_strengths,
)
from experiments.predictions.sources import Comparison, find_videos
from experiments.predictions.system_names import named_sources
from experiments.scoring.score_videos import score_videos
from lstm_icnet.flicker import ENCODINGS

_PREDICTIONS = flags.DEFINE_multi_string(
    "predictions",
    None,
    "Folder or video file of the label maps of a system, or NAME=PATH to name it; "
    "may be repeated.",
    required=True,
)
_LABELS = flags.DEFINE_string("labels", None, "Folder of ground-truth label maps.")
_IMAGES = flags.DEFINE_string(
    "images",
    None,
    "Folder or video file of the camera frames, used for TC and for pictures.",
)
_FLOW = flags.DEFINE_string(
    "flow",
    None,
    "Folder of the optical flow to the next frame, for TC: .flo files or PNGs as of "
    "Virtual KITTI; by default the flow is estimated from the images.",
)
_SPLIT = flags.DEFINE_string(
    "split", None, "Split to score; by default the second of the data set, usually val."
)
_PALETTE = flags.DEFINE_string(
    "palette",
    None,
    "Colours of the classes, for label maps in colours: the name of a data set, "
    "classes.json, or a text file with lines such as `road 128 64 128`.",
)
_CLASSES = flags.DEFINE_string(
    "classes",
    None,
    "Names of the classes: as for --palette, or a text file with one name per line.",
)
_NUM_CLASSES = flags.DEFINE_integer(
    "num_classes",
    None,
    "Number of classes, if they have no names; by default the ids that occur are used.",
    lower_bound=1,
    upper_bound=MAX_CLASSES,
)
_IGNORE_LABEL = flags.DEFINE_multi_integer(
    "ignore_label",
    [255],
    "Id of pixels of no class in --labels, which are not scored; a prediction of this "
    "id is an error. May be repeated.",
    lower_bound=0,
    upper_bound=65535,
)
_COLOUR_TOLERANCE = flags.DEFINE_float(
    "colour_tolerance",
    TOLERANCE,
    "Video files: how far an RGB colour may be from the colour of its class.",
    lower_bound=0.0,
)
_ENCODING = flags.DEFINE_enum(
    "encoding",
    "label",
    ENCODINGS,
    "How mFP encodes an error: by its label, as the authors' code does, or by its "
    "prediction, as Eq. (13) is printed.",
)
_TC = flags.DEFINE_bool("tc", True, "Measure TC if there are images or flow.")
_PARTIAL = flags.DEFINE_bool(
    "partial", False, "Allow labelled frames without a prediction."
)
_FIGURES = flags.DEFINE_string(
    "figures", None, "Folder to write pictures of the flicker and report.html to."
)
_CURVE = flags.DEFINE_list(
    "curve",
    [],
    "Strengths of smoothing along the optical flow, such as 0.25,0.5,0.75: every "
    "system is scored without smoothing and with each; --figures gets a picture of "
    "accuracy over flicker.",
)
# Flags that a data set replaces, and flags that need one.
_WITHOUT_DATA_SET = ("labels", "images", "ignore_label", "classes", "num_classes")
_WITH_DATA_SET = ("split", "frame_stride", "only_videos", "skip_videos")


def _check_flags():
    with_data_set = dataset_flags.DATASET.value is not None
    if with_data_set != (dataset_flags.DATA_DIR.value is not None):
        raise ValueError("--dataset and --data_dir go together; give both or none")
    for name in _WITHOUT_DATA_SET if with_data_set else _WITH_DATA_SET:
        flag = flags.FLAGS[name]
        if flag.value == flag.default:
            continue
        if with_data_set:
            raise ValueError(
                f"--{name} cannot be combined with --dataset, which defines it"
            )
        raise ValueError(f"--{name} needs --dataset; without it all frames are scored")


@dataclass(frozen=True)
class _Classes:
    """The classes according to flags and files.

    Attributes:
        names: `None` where they are not known.
        colours: `ClassFile` with colours, or `None`.
        void_id: Of pixels of no class, or `None`.
    """

    names: tuple[str, ...] | None
    colours: ClassFile | None
    void_id: int | None


def _known_classes() -> _Classes:
    colours = read_classes(_PALETTE.value) if _PALETTE.value else None
    if colours is not None and colours.palette is None:
        raise ValueError(
            f"--palette: {_PALETTE.value} has no colours; its lines should be such as "
            f"'road 128 64 128'"
        )
    if dataset_flags.DATASET.value:
        source = dataset_flags.chosen_dataset().info
    else:
        source = read_classes(_CLASSES.value) if _CLASSES.value else colours
    if source is not None:
        names, void_id = source.classes, source.void_id
    else:
        count, void_id = _NUM_CLASSES.value, None
        names = tuple(map(str, range(count))) if count else None
    if colours is not None:
        _check_order(names, colours)
    return _Classes(names, colours, void_id)


def _check_order(classes, colours):
    """Refuses classes and colours in different orders, since ids are positions."""
    ours, theirs = ([n.lower() for n in names] for names in (classes, colours.classes))
    reordered = ours != theirs and sorted(ours) == sorted(theirs)
    if len(ours) != len(theirs) or reordered:
        raise ValueError(
            f"--palette: the {len(theirs)} classes of {colours.source} "
            f"({', '.join(colours.classes)}) must be the {len(ours)} that are scored, "
            f"in the same order: {', '.join(classes)}"
        )


def _comparison(classes: _Classes) -> Comparison:
    name, videos = dataset_flags.DATASET.value, ()
    if name:
        info = dataset_flags.chosen_dataset().info
        videos = dataset_flags.videos_of(_SPLIT.value or info.splits[1])
    return Comparison(
        dataset=name,
        videos=videos,
        labels=_LABELS.value,
        images=_IMAGES.value,
        flow=_FLOW.value,
        num_classes=None if classes.names is None else len(classes.names),
        colours=classes.colours,
        tolerance=_COLOUR_TOLERANCE.value,
        ignore_labels=_IGNORE_LABEL.value,
        void_id=classes.void_id,
        frame_stride=dataset_flags.FRAME_STRIDE.value,
        partial=_PARTIAL.value,
    )


def main():
    command.log_flags()
    _check_flags()
    if _FIGURES.value:
        refuse_file(Path(_FIGURES.value))
    classes = _known_classes()
    sources = named_sources(_PREDICTIONS.value, "--predictions")
    comparison = _comparison(classes)
    systems, notes = find_videos(sources, comparison)
    for note in notes:
        logging.warning("%s", note)
    score = partial(_score, classes.names, comparison.no_class)
    if _CURVE.value:
        _score_curves(systems, score)
        return
    scores = {name: score(name, videos) for name, videos in systems.items()}
    score_output.report(scores)
    if classes.names is None:
        _note_unpredicted_id(scores)
    if _FIGURES.value:
        from experiments.flicker_report.figures import write_pictures  # Matplotlib

        write_pictures(
            Path(_FIGURES.value),
            systems,
            scores,
            classes.names,
            _palette(classes.colours),
            _ENCODING.value,
        )


def _score(classes, no_class, name, videos):
    encoding, with_images = _ENCODING.value, _TC.value
    return score_videos(videos, classes, encoding, with_images, name, no_class=no_class)


def _note_unpredicted_id(systems):
    """Warns if the highest id of the labels may mean no class, as in CamVid."""
    for scores in systems.values():
        counts = np.array(scores.confusion_matrix or [[1]])
        if not counts[-1].any() or counts[:, -1].any():
            return
        label = list(scores.per_class_iou)[-1]
    logging.warning(
        "The labels hold the id %s, which is never predicted; if it means no class, "
        "pass --ignore_label=%s",
        label,
        label,
    )


def _score_curves(systems, score):
    """Scores every system without smoothing and with every strength."""
    scores = {}
    for name, videos in systems.items():
        scores[name] = score(name, videos)
        for strength in smoothing_strengths(_CURVE.value):
            title = f"{name} flow {strength:g}"
            scores[title] = score(title, smoothed_streams(videos, strength))
    score_output.report(scores)
    if _FIGURES.value:
        from experiments.flicker_report.accuracy_over_flicker import (  # Matplotlib
            save_accuracy_over_flicker,
        )

        path = Path(_FIGURES.value) / "accuracy_over_flicker.png"
        save_accuracy_over_flicker(path, scores)
        print(f"The picture is in {path}")


def _palette(colours):
    if dataset_flags.DATASET.value:
        return dataset_flags.chosen_dataset().info.palette
    return colours and colours.palette


if __name__ == "__main__":
    command.run(main)
