from pathlib import Path

from experiments.synthetic_demo import trainings
from experiments.synthetic_demo.trainings import Demo, train_icnet, train_lstm_icnet
from experiments.training.flagfile import flagfile

RECIPE = Path(trainings.__file__).parents[1] / "recipes" / "camvid.flags"
OF_ITS_OWN = {
    *("dataset", "height", "width", "steps"),
    *("num_frames", "motion_share", "align_states"),  # clips are not made from stills
    "consistency_weight",  # 4 costs mIoU on rendered video
}


def test_the_demo_trains_lstm_icnet_by_the_recipe_against_flicker(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(trainings, "_train", lambda *_: None)
    demo = Demo(lstm_steps=7)
    icnet = train_icnet(demo, tmp_path, [])
    training = train_lstm_icnet(demo, tmp_path, [], icnet)
    assert (training.steps, training.init_from) == (7, icnet.workdir)
    done = flags_of(flagfile(training, {}))
    wanted = flags_of(RECIPE.read_text())
    for name in wanted.keys() - OF_ITS_OWN:
        assert same(done[name], wanted[name]), name


def flags_of(text):
    lines = [line.removeprefix("--") for line in text.splitlines() if line[:2] == "--"]
    pairs = [line.partition("=") for line in lines]
    return {name: value if equals else "true" for name, equals, value in pairs}


def same(value, other):
    try:
        return float(value) == float(other)
    except ValueError:
        return value == other
