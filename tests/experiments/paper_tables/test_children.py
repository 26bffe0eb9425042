import signal
import subprocess
import sys

import pytest
from checkout import ROOT

from experiments.paper_tables.children import Children

# A verb that has been running for long.
WAITING = """
import sys, time
from experiments.paper_tables import child_verb
child_verb.runpy.run_module = lambda *names, **others: (
    print(sys.argv, sys.stdin.read(), flush=True), time.sleep(60))
sys.argv = ["child_verb", "train", "--steps=2"]
child_verb.main()
"""


def test_a_verb_ends_by_sigterm_when_its_parent_is_gone():
    with subprocess.Popen(
        [sys.executable, "-c", WAITING],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout.readline() == "['experiments.train', '--steps=2'] \n"
        assert child.poll() is None
        child.stdin.close()
        assert child.wait(30) == -signal.SIGTERM


def run(tmp_path, verb, *arguments):
    with Children() as children:
        return children.run(verb, arguments, tmp_path / "log", lambda: None)


def test_the_reason_of_a_verb_is_its_last_error(tmp_path):
    reason = run(tmp_path, "flicker", f"--predictions={tmp_path / 'none'}")
    assert reason.startswith(str(tmp_path / "none")) and "ERROR" not in reason
    reason = run(tmp_path, "flicker", "--prediction=x")
    assert reason.startswith("There is no flag --prediction; ")
    assert (tmp_path / "log").read_text().count("ERROR: ") == 2


def test_a_verb_that_ends_well_has_no_reason(tmp_path):
    arguments = ["--num_videos=1", "--num_frames=1", "--height=32", "--width=64"]
    out_dir = tmp_path / "videos"
    assert run(tmp_path, "render_synthetic", *arguments, f"--out_dir={out_dir}") is None
    assert any(out_dir.rglob("*.png"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_handlers_are_put_back(number):
    before = signal.getsignal(number)
    with Children():
        assert signal.getsignal(number) != before
    assert signal.getsignal(number) == before
