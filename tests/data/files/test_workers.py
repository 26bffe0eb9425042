import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool

import psutil
import pytest
from checkout import ROOT

from data.files.workers import worker_pool

# Two processes at work, or one that is not in a pool.
POOL = """
import time
from data.files.workers import worker_pool

if __name__ == "__main__":
    with worker_pool(2) as pool:
        list(pool.map(time.sleep, [600, 600]))
"""
PROCESS = """
import multiprocessing
import time
from data.files.workers import end_with_parent

def work():
    end_with_parent()
    time.sleep(600)

if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=work)
    process.start()
    process.join()
"""


@pytest.mark.parametrize(
    ("program", "ending"),
    [
        (POOL, signal.SIGKILL),
        (POOL, signal.SIGTERM),
        (POOL, signal.SIGINT),
        (PROCESS, signal.SIGKILL),
        (PROCESS, signal.SIGTERM),
    ],
)
def test_no_process_outlives_its_parent(program, ending, tmp_path):
    file = tmp_path / "program.py"
    file.write_text(program)
    parent = subprocess.Popen(
        [sys.executable, file],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
        # Whatever the tests were started with.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    expected = 1 + (2 if program == POOL else 1)  # with that of `multiprocessing`
    watched = psutil.Process(parent.pid)
    while len(workers := watched.children(recursive=True)) < expected:
        assert parent.poll() is None
        time.sleep(0.05)
    time.sleep(0.5)  # for their imports
    parent.send_signal(ending)
    parent.wait(timeout=30)
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive


def test_after_an_error_nobody_waits_for_the_work():
    with pytest.raises(KeyError), worker_pool(2) as pool:
        jobs = [pool.submit(time.sleep, 60) for _ in range(4)]
        pool.submit(os.getpid)
        while not jobs[0].running():
            time.sleep(0.01)
        raise KeyError("whatever")
    assert all(isinstance(job.exception(), BrokenProcessPool) for job in jobs)


def test_all_work_of_a_block_is_done_when_it_ends():
    with worker_pool(2) as pool:
        jobs = [pool.submit(abs, -number) for number in range(9)]
    assert [job.result(timeout=0) for job in jobs] == list(range(9))


def test_what_a_job_raises_is_raised():
    with pytest.raises(ZeroDivisionError), worker_pool(1) as pool:
        pool.submit(divmod, 1, 0).result()
