import subprocess
import sys

import pytest
from absl import flags
from checkout import ROOT

from experiments.command_line.errors import sentence_for_user

HELP = "; --help explains the flags"


@pytest.fixture
def values():
    values = flags.FlagValues()
    define = {"help": "", "flag_values": values}
    flags.DEFINE_string("out_dir", None, required=True, **define)
    flags.DEFINE_string("data_dir", None, required=True, **define)
    flags.DEFINE_integer("count", 1, lower_bound=1, upper_bound=20, **define)
    flags.DEFINE_integer("threads", 1, lower_bound=1, **define)
    flags.DEFINE_float("fps", 25.0, lower_bound=1.0, **define)
    flags.DEFINE_bool("tc", True, **define)
    flags.DEFINE_enum("mode", "clip", ["clip", "stream"], **define)
    flags.DEFINE_string("workdir", None, **define)
    flags.DEFINE_string("model_file", None, **define)
    names = ["workdir", "model_file"]
    flags.mark_flags_as_mutual_exclusive(names, True, flag_values=values)
    return values


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        ("--count=0", "--count=0: it must be an integer from 1 to 20"),
        ("--count=nan", "--count=nan: it must be a whole number"),
        ("--threads=0", "--threads=0: it must be a positive integer"),
        ("--fps=0", "--fps=0: it must be at least 1.0"),
        ("--fps=much", "--fps=much: it must be a number"),
        ("--tc=2", "--tc=2: it must be true or false"),
        ("--mode=video", "--mode=video: it must be one of clip, stream"),
        ("--outdir=x", "There is no flag --outdir; similar: --out_dir"),
        ("--xyz", "There is no flag --xyz"),
        ("--mode", "--mode needs a value"),
        ("--flagfile=none", "--flagfile=none: No such file or directory"),
        ("--model_file=y", "Exactly one of --workdir, --model_file must be given"),
    ],
)
def test_a_wrong_flag_is_named_with_what_it_must_be(values, wrong, sentence):
    right = ["verb", "--out_dir=x", "--data_dir=x", "--workdir=x"]
    with pytest.raises(flags.Error) as error:
        values([*right, wrong])
    assert sentence_for_user(error.value) == sentence + HELP


def test_all_missing_flags_are_in_one_sentence(values):
    with pytest.raises(flags.Error) as error:
        values(["verb"])
    assert sentence_for_user(error.value) == (
        "--out_dir, --data_dir must be given; exactly one of --workdir, --model_file "
        "must be given" + HELP
    )


@pytest.mark.parametrize("name", ["score", "scores_file"])
def test_a_verb_prints_the_sentence_alone_with_exit_code_1(name):
    result = subprocess.run(
        [sys.executable, "-m", "experiments.compare", f"--{name}=x"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1 and result.stdout == ""
    sentence = f"ERROR: There is no flag --{name}; similar: --scores" + HELP
    assert result.stderr == sentence + "\n"
