r"""Shows the scores of several runs side by side, with differences to the first.

    python -m experiments.evaluate --workdir=runs/icnet ... --json=icnet.json
    python -m experiments.evaluate --workdir=runs/v2 ... --json=v2.json
    python -m experiments.compare --scores=icnet.json --scores=v2.json

Takes a second. Prints the tables of evaluate with one column for each file, and writes
them with `--json` or `--csv`. With `--curve=FILE.png`, mean IoU is drawn over mFP and
over mFIP; systems named `X 0.25`, `X 0.5`, as `evaluate --curve` names them, are points
of one curve.
"""

import json
from pathlib import Path

from absl import flags, logging

from data.files.listing import why_no_file
from experiments.command_line import command, score_output
from experiments.command_line.flag_checks import require_png
from experiments.predictions.system_names import named_sources
from experiments.scoring.scores import Scores

_SCORES = flags.DEFINE_multi_string(
    "scores",
    None,
    "JSON file that evaluate or flicker wrote, or NAME=FILE to name it; may be "
    "repeated.",
    required=True,
)

_CURVE = flags.DEFINE_string(
    "curve", None, "PNG file to draw accuracy over flicker of all systems to."
)


def read_scores(path: Path) -> dict[str, Scores]:
    """Scores by the names of the systems; one alone has the name "".

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it does not hold scores.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} {why_no_file(path)}; it should be a file that evaluate or flicker "
            f"wrote by --json"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        if not isinstance(content, dict):
            raise ValueError("It is not a JSON object")
        systems = {"": content} if "mean_iou" in content else content
        found = {name: Scores.from_json(system) for name, system in systems.items()}
        if not found:
            raise ValueError("There is no system in it")
        return found
    except RecursionError:
        raise ValueError(f"{path} is nested too deeply to hold scores") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} does not hold scores: it is not UTF-8 text") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} does not hold the scores that evaluate and flicker write by "
            f"--json: {error}"
        ) from None


def _read_all() -> dict[str, Scores]:
    found = {}
    for name, source in named_sources(_SCORES.value, "--scores").items():
        for system, scores in read_scores(Path(source)).items():
            title = "/".join(filter(None, (name, system)))
            found[title] = scores
    return found


def _notes(systems):
    """Sentences on what makes scores of two runs hard to compare."""
    first, *others = systems
    for name in others:
        for what in ("num_frames", "num_pairs"):
            ours, theirs = (getattr(systems[n], what) for n in (first, name))
            if ours != theirs:
                yield (
                    f"{name} was scored on {theirs} {what[4:]} and {first} on {ours}: "
                    f"they are not the same"
                )


def main():
    command.log_flags()
    require_png("curve", _CURVE.value)
    systems = _read_all()
    for note in _notes(systems):
        logging.warning("%s", note)
    score_output.report(systems)
    if _CURVE.value:
        from experiments.flicker_report.accuracy_over_flicker import (  # Matplotlib
            save_accuracy_over_flicker,
        )

        save_accuracy_over_flicker(Path(_CURVE.value), systems)
        print(f"The picture is in {_CURVE.value}")


if __name__ == "__main__":
    command.run(main)
