"""The demo: every part of the project once, on a synthetic video."""

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import keras

from data.files.whole_file import write_whole
from data.videos.clips import streams
from data.videos.video import Video
from experiments.presentation.text_table import text_table
from experiments.scoring.evaluation import evaluate
from experiments.scoring.scores import Scores
from experiments.synthetic_demo.colour_classifier import ColourSegmenter
from experiments.synthetic_demo.comparison import (
    PredictionRecord,
    save_comparison_picture,
    save_comparison_video,
    save_report,
)
from experiments.synthetic_demo.trainings import (
    DATASET,
    Demo,
    rendered_videos,
    train_icnet,
    train_lstm_icnet,
)
from lstm_icnet.deployment.export_folder import export
from lstm_icnet.deployment.video_segmenter import VideoSegmenter
from lstm_icnet.weights.keras_file import load_icnet

_COLOURS, _ICNET, _LSTM = "colour classifier", "ICNet", "LSTM-ICNet v2 separable"
_ICNET_SMOOTHED, _LSTM_SMOOTHED = f"{_ICNET}, smoothed", f"{_LSTM}, smoothed"
_SHOWN_SEED = 14  # added to the demo's; 0 + 14 is a street with much in view
_FIGURES = {
    "accuracy": "accuracy (%)",
    "mean_iou": "mIoU (%)",
    "mfp": "mFP (per mille)",
    "mfip": "mFIP (per mille)",
}


@dataclass(frozen=True)
class _Scored:
    """The trained networks and their scores on the held-out videos.

    Attributes:
        heldout: The videos.
        segmenters: ICNet and LSTM-ICNet, both also smoothed, by name.
        lstm_workdir: Of the LSTM-ICNet.
        predictions: Of the segmenters, by name.
        scores: Of the segmenters and of the colour classifier, by name.
    """

    heldout: list[Video]
    segmenters: dict[str, VideoSegmenter]
    lstm_workdir: str
    predictions: dict[str, PredictionRecord]
    scores: dict[str, Scores]


def run_demo(demo: Demo, out_dir: Path) -> dict[str, Scores]:
    """Runs everything from rendering to the table; returns the scores by name."""
    began = time.monotonic()
    scored = _train_and_score(demo, out_dir)
    _print_step(5, "exporting LSTM-ICNet; drawing a video, a picture and a report")
    exported = export(load_icnet(scored.lstm_workdir), out_dir / "exported")
    video, picture = out_dir / "comparison.mp4", out_dir / "flicker.png"
    (shown,) = rendered_videos(
        out_dir / "shown",
        1,
        demo.shown_frames,
        demo.shown_size,
        demo.seed + _SHOWN_SEED,
    )
    streamed = {
        "ICNet": scored.segmenters[_ICNET],
        "LSTM-ICNet, smoothed": VideoSegmenter(exported, smoothing="flow"),
    }
    save_comparison_video(video, streamed, shown, DATASET.info)
    drawn = {name: scored.segmenters[name] for name in (_ICNET, _LSTM, _LSTM_SMOOTHED)}
    save_comparison_picture(picture, drawn, scored.heldout[0], DATASET.info)
    report = save_report(
        out_dir / "report", scored.predictions, scored.scores, DATASET.info
    )
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    print(f"\nDone in {minutes} min {seconds} s. Scores: {out_dir / 'scores.json'}")
    print(f"Exported network: {exported}")
    print(f"\nOn {len(scored.heldout)} rendered videos not in the training set:\n")
    print(describe(scored.scores))
    print(f"\nOpen these:\nvideo    {video}\npicture  {picture}\nreport   {report}")
    return scored.scores


def run_seeds(
    demo: Demo, seeds: Sequence[int], out_dir: Path
) -> dict[int, dict[str, Scores]]:
    """Trains and scores once for each seed, and prints means and standard deviations.

    Args:
        demo: How large; its seed is replaced.
        seeds: At least two.
        out_dir: Each seed has a folder `seed_N` in it; finished ones are not trained
            again.

    Returns:
        The scores by seed and name.
    """
    scores = {}
    for seed in seeds:
        print(f"\nSeed {seed}", flush=True)
        folder = out_dir / f"seed_{seed}"
        scores[seed] = _train_and_score(replace(demo, seed=seed), folder).scores
    print(
        f"\nMean and standard deviation over the seeds {', '.join(map(str, seeds))}:\n"
    )
    print(describe_seeds(scores))
    print(f"\nscores   {out_dir / 'seed_*' / 'scores.json'}")
    return scores


def describe(scores: dict[str, Scores]) -> str:
    """A table with a line for each network."""
    return _table([scores], lambda values: _number(values[0]))


def describe_seeds(scores: dict[int, dict[str, Scores]]) -> str:
    """As `describe`, with the mean and standard deviation over the seeds."""
    return _table([*scores.values()], _mean_and_spread)


def _table(runs, text):
    """A table of networks and metrics; `text` formats a cell from all runs' values."""
    rows = [
        (name, *(text([getattr(run[name], key) for run in runs]) for key in _FIGURES))
        for name in runs[0]
    ]
    return text_table(("", *_FIGURES.values()), rows)


def _number(value):
    return "-" if value is None else f"{value:.1f}"


def _mean_and_spread(values):
    if None in values:
        return "-"
    return f"{statistics.mean(values):.1f} ± {statistics.stdev(values):.1f}"


def _train_and_score(demo: Demo, out_dir: Path) -> _Scored:
    """Steps 1 to 4; writes `out_dir/scores.json`."""
    keras.utils.set_random_seed(demo.seed)
    size, seed = demo.image_size, demo.seed
    _print_step(1, "rendering videos for training, and others for the scores")
    train_videos = rendered_videos(
        out_dir / "train", demo.train_videos, demo.train_frames, size, seed
    )
    heldout = rendered_videos(
        out_dir / "heldout", demo.heldout_videos, demo.heldout_frames, size, seed + 1
    )
    _print_step(2, "training ICNet")
    icnet = train_icnet(demo, out_dir, train_videos)
    _print_step(3, "training separable LSTM-ICNet v2, which starts from that ICNet")
    lstm = train_lstm_icnet(demo, out_dir, train_videos, icnet)
    _print_step(4, "scoring both, and a classifier of colours, on the other videos")
    segmenters = {
        _ICNET: VideoSegmenter(icnet.workdir),
        _ICNET_SMOOTHED: VideoSegmenter(icnet.workdir, smoothing="flow"),
        _LSTM: VideoSegmenter(lstm.workdir),
        _LSTM_SMOOTHED: VideoSegmenter(lstm.workdir, smoothing="flow"),
    }
    classes = DATASET.info.classes
    colours = ColourSegmenter(train_videos, len(classes))
    scores = {_COLOURS: evaluate(colours, streams(heldout), classes)}
    predictions = {name: PredictionRecord() for name in segmenters}
    for name, segmenter in segmenters.items():
        scores[name] = evaluate(
            segmenter,
            streams(heldout),
            classes,
            mode="stream",
            on_prediction=predictions[name].add,
        )
    summary = {name: asdict(found) for name, found in scores.items()}
    write_whole(out_dir / "scores.json", json.dumps(summary, indent=2) + "\n")
    return _Scored(heldout, segmenters, lstm.workdir, predictions, scores)


def _print_step(number, text):
    print(f"\n{number}/5 {text}", flush=True)
