"""Everything that a stranger may hand to us, and a table of what came of it.

Every input must end in one sentence that the user can act on, or in the right result:
never in a traceback, a crash, a process that hangs, or a wrong result.
"""

import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

import hostile_arrays
import hostile_flags
import hostile_images
import hostile_networks
import hostile_scenes
import hostile_texts
import hostile_trees
import pytest
from hostile_cases import OUTCOMES, outcome
from verb_process import VerbProcess

MODULES = [
    hostile_images,
    hostile_scenes,
    hostile_texts,
    hostile_trees,
    hostile_networks,
    hostile_flags,
    hostile_arrays,
]
SECONDS = 40  # that one input may take, with every core busy


def run_all(cases, folder):
    """(case, outcome, what was said) of all; two processes run each verb."""
    by_verb = defaultdict(list)
    for number, case in enumerate(cases):
        by_verb[case.verb].append((case, folder / str(number)))
    parts = [
        (verb, listed[start::2])
        for verb, listed in by_verb.items()
        for start in range(min(2, len(listed)))
    ]
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda part: _run_part(*part), parts)
        return [result for of_part in found for result in of_part]


def _run_part(verb, cases):
    found = []
    with VerbProcess(verb) as process:
        for case, folder in cases:
            folder.mkdir()
            result = process(*case.arguments(folder), seconds=SECONDS)
            found.append((case, *outcome(case, folder, result)))
    return found


def table(found):
    groups = list(dict.fromkeys(case.group for case, *_ in found))
    counts = Counter((case.group, what) for case, what, _ in found)
    yield f"{'inputs':<14}{'tried':>7}" + "".join(f"{name:>14}" for name in OUTCOMES)
    for group in [*groups, "all"]:
        rows = groups if group == "all" else [group]
        numbers = [sum(counts[row, name] for row in rows) for name in OUTCOMES]
        yield f"{group:<14}{sum(numbers):>7}" + "".join(f"{n:>14}" for n in numbers)


@pytest.mark.slow
def test_every_input_ends_in_a_sentence_or_in_the_right_result(tmp_path, capsys):
    start = time.monotonic()
    cases = [case for module in MODULES for case in module.cases()]
    found = run_all(cases, tmp_path)
    failures = [
        f"{what}: {case.verb}, {case.group}, {case.name}: {said}"
        for case, what, said in found
        if what not in OUTCOMES[:2]
    ]
    with capsys.disabled():
        print("", *table(found), f"{time.monotonic() - start:.0f} s", sep="\n")
        print("\n".join(failures))
    assert not failures
