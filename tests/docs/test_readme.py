"""The snippets of README run without changes."""

import re
import subprocess
import sys

import keras
import numpy as np
from checkout import ROOT
from random_icnet import new_random_network

from lstm_icnet.deployment.export_folder import export

README = (ROOT / "README.md").read_text(encoding="utf-8")


def snippet(word):
    (found,) = (
        code
        for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL)
        if word in code
    )
    assert len(found.replace("\n\n", "\n").splitlines()) == 4
    return found


def test_snippet_of_a_cell_gives_a_model_of_its_shape(rng):
    names = {}
    exec(snippet("SeparableConvLSTM2D"), names)
    model = keras.Model(names["clips"], names["x"])
    output = model(rng.standard_normal((1, 2, 5, 6, 32)).astype("float32"))
    assert tuple(output.shape) == (1, 2, 5, 6, 64)


def test_snippet_of_a_live_stream_segments_frames_at_their_own_size(
    rng, tmp_path, monkeypatch
):
    export(new_random_network(2, "separable"), tmp_path / "demo" / "exported")
    monkeypatch.chdir(tmp_path)
    camera = list(rng.integers(0, 256, (2, 60, 90, 3), dtype="uint8"))
    names = {"camera": camera}
    exec(snippet("VideoSegmenter"), names)
    assert names["labels"].shape == (60, 90)
    assert names["labels"].dtype == np.uint8


def test_snippet_of_flicker_counts_by_hand_without_keras():
    # Of four pixels, one changes its class and so becomes wrong: 250 per mille.
    given = (
        "import sys\n"
        "import numpy as np\n"
        "labels = np.zeros((2, 2, 2), np.uint8)\n"
        "predictions = labels.copy()\n"
        "predictions[1, 0, 0] = 1\n"
    )
    after = "assert not {'keras', 'tensorflow'} & set(sys.modules)\n"
    run = subprocess.run(
        [sys.executable, "-c", given + snippet("flicker.mfp") + after],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.split() == ["mFP", "250.0", "mFIP", "250.0"], run.stderr


def test_readme_is_one_page():
    assert len(README.splitlines()) < 150


def test_moving_picture_is_small():
    assert (ROOT / "docs" / "images" / "flicker.webp").stat().st_size < 3e6
