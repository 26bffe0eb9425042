"""The demo: every part of the project once, on a synthetic video."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm

from data.datasets.open_dataset import DATASETS
from data.files.images import read_image
from data.files.whole_file import write_whole
from data.synthetic.imaging.camera import FRAMES_PER_SECOND
from data.synthetic.render_data_set import render_data_set
from data.videos.clips import streams
from data.videos.read_clip import read_label
from experiments.presentation.film_strip import save_filmstrip
from experiments.presentation.overlay_video import segment
from experiments.presentation.text_table import text_table
from experiments.scoring.evaluation import evaluate
from experiments.scoring.scores import Scores
from experiments.synthetic_demo.colour_classifier import ColourClassifier
from experiments.training.loop import train
from experiments.training.settings import Training
from lstm_icnet.deployment.export_folder import export
from lstm_icnet.deployment.video_segmenter import VideoSegmenter
from lstm_icnet.flicker import flickering_pixels
from lstm_icnet.weights.keras_file import load_icnet

_DATASET = DATASETS["virtual_kitti"]


@dataclass(frozen=True)
class Demo:
    """How large the demo is; the defaults are what `make demo` runs."""

    image_size: tuple[int, int] = (128, 256)
    train_videos: int = 200  # few frames of many worlds: what is learnt carries over
    train_frames: int = 4
    heldout_videos: int = 12
    heldout_frames: int = 20
    icnet_steps: int = 750
    lstm_steps: int = 300
    seed: int = 0


class ColourSegmenter:
    """The colour classifier behind the interface of `VideoSegmenter`."""

    num_frames = 1

    def __init__(self, videos, num_classes):
        self.num_classes = num_classes
        self._classifier = ColourClassifier(num_classes)
        frames = [(video, frame) for video in videos for frame in video.frames]
        for video, frame in tqdm(frames, unit="frame", desc="colours", leave=False):
            image = read_image(frame.image)
            self._classifier.fit(image, read_label(video, frame, image))

    def reset(self):
        pass

    def segment_clip(self, images):
        return self._classifier.predict(images[-1])


def run_demo(demo: Demo, out_dir: Path) -> dict[str, Scores]:
    """Everything from rendering to the table; returns the scores by name.

    Raises:
        FileExistsError: If `out_dir` is a file.
    """
    keras.utils.set_random_seed(demo.seed)
    _say(1, "rendering the videos to train on and, of other worlds, to score")
    train_videos = _render(
        out_dir / "train",
        demo.train_videos,
        demo.train_frames,
        demo.image_size,
        demo.seed,
    )
    heldout = _render(
        out_dir / "heldout",
        demo.heldout_videos,
        demo.heldout_frames,
        demo.image_size,
        demo.seed + 1,
    )
    icnet, lstm = _train_both(demo, out_dir, train_videos)
    _say(4, "scoring both, and a classifier of colours, on the worlds held out")
    segmenters = {
        "colour classifier": ColourSegmenter(train_videos, len(_DATASET.info.classes)),
        "ICNet": VideoSegmenter(icnet.workdir),
        "LSTM-ICNet v2 separable": VideoSegmenter(lstm.workdir),
    }
    scores = {
        name: evaluate(segmenter, streams(heldout), _DATASET.info.classes)
        for name, segmenter in segmenters.items()
    }
    _say(5, "exporting the LSTM-ICNet and segmenting a video with the export")
    exported = export(load_icnet(lstm.workdir), out_dir / "exported")
    video, picture = out_dir / "segmented.mp4", out_dir / "flicker.png"
    images = str(Path(heldout[0].frames[0].image).parent)
    segment(
        VideoSegmenter(exported),
        images,
        str(video),
        _DATASET.info.palette,
        default_fps=FRAMES_PER_SECOND,
    )
    save_comparison(picture, segmenters, heldout[0])
    summary = {name: asdict(found) for name, found in scores.items()}
    write_whole(out_dir / "scores.json", json.dumps(summary, indent=2) + "\n")
    print(f"\nOn {len(heldout)} videos of worlds that no one was trained on:\n")
    print(describe(scores))
    print(f"\npicture  {picture}\nvideo    {video}\nexport   {exported}")
    print(f"scores   {out_dir / 'scores.json'}")
    return scores


def _train_both(demo, out_dir, train_videos):
    """Trains ICNet, and the LSTM-ICNet from it; returns their two `Training`s."""
    _say(2, "training ICNet")
    icnet = Training(
        model="icnet",
        cell="separable",
        workdir=str(out_dir / "icnet"),
        image_size=demo.image_size,
        num_frames=1,
        steps=demo.icnet_steps,
        batch_size=8,
        learning_rate=0.05,
        min_scale=1.0,
        max_scale=1.4,
        seed=demo.seed,
    )
    train(icnet, _DATASET, train_videos)
    _say(3, "training separable LSTM-ICNet v2, starting from it")
    lstm = replace(
        icnet,
        model="lstm_icnet_v2",
        workdir=str(out_dir / "lstm_icnet_v2"),
        num_frames=4,
        steps=demo.lstm_steps,
        batch_size=4,
        learning_rate=0.1,
        init_from=icnet.workdir,
        freeze_branches=True,  # a third of the time, and no worse
    )
    train(lstm, _DATASET, train_videos)
    return icnet, lstm


def describe(scores: dict[str, Scores]) -> str:
    """The small table: a line per network."""
    rows = [
        (
            name,
            *(
                "-" if value is None else f"{value:.1f}"
                for value in (s.accuracy, s.mean_iou, s.mfp, s.mfip)
            ),
        )
        for name, s in scores.items()
    ]
    header = ("", "accuracy (%)", "mIoU (%)", "mFP (per mille)", "mFIP (per mille)")
    return text_table(header, rows)


def save_comparison(path, segmenters, video, num_frames=4) -> None:
    """Frames and labels of a video, and what each network makes of them.

    Args:
        path: PNG file.
        segmenters: By name; those with clips are given four frames.
        video: A labelled `Video` of at least `num_frames + 3` frames.
        num_frames: Columns.
    """
    history = num_frames + 3
    end = max(len(video.frames) // 2, history)
    frames = video.frames[end - history : end]
    images = [read_image(frame.image) for frame in frames]
    shown = range(len(frames) - num_frames, len(frames))
    labels = np.stack([read_label(video, frames[i], images[i]) for i in shown])
    rows = [("frame", [images[i] for i in shown]), ("label", list(labels))]
    for name, segmenter in segmenters.items():
        predictions = np.stack(
            [
                segmenter.segment_clip(
                    np.stack(images[i + 1 - segmenter.num_frames : i + 1])
                )
                for i in shown
            ]
        )
        rows.append((name, list(predictions)))
        rows.append(("flicker (mFP)", list(flickering_pixels(labels, predictions))))
    info = _DATASET.info
    save_filmstrip(path, rows, info.classes, info.palette, f"{video.name}")


def _render(folder, num_videos, num_frames, image_size, seed):
    if not folder.exists():  # it is moved there whole
        render_data_set(folder, num_videos, num_frames, image_size, seed)
    return _DATASET.read_videos(str(folder), "all")


def _say(number, what):
    print(f"\n{number}/5 {what}", flush=True)
