"""Scores printed as tables and written as JSON and CSV files."""

import csv
import io
import json
import shlex
from collections.abc import Mapping
from pathlib import Path

from absl import flags

from data.files.whole_file import write_whole
from experiments.presentation.text_table import text_table
from experiments.scoring.score_tables import confusion_table, csv_rows, describe
from experiments.scoring.scores import Scores

_JSON = flags.DEFINE_string("json", None, "JSON file to write the scores to.")
_CSV = flags.DEFINE_string(
    "csv", None, "CSV file to write the scores of every video to."
)
_CONFUSION = flags.DEFINE_bool(
    "confusion",
    False,
    "Also print the confusion matrix, in percent of the pixels of each label.",
)
_COMPARING = ("python", "-m", "experiments.compare", "--scores=OTHER.json")


def report(systems: Mapping[str, Scores]) -> None:
    """Prints the tables, and writes the files that the flags ask for.

    JSON holds the scores themselves for one system, and scores by name for several.
    """
    print(describe(systems))
    if _CONFUSION.value:
        for name, scores in systems.items():
            header, *rows = confusion_table(name, scores)
            print(f"\n{text_table(header, rows)}")
    if _JSON.value:
        content = {name: scores.as_json() for name, scores in systems.items()}
        if len(content) == 1:
            (content,) = content.values()
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        write_whole(Path(_JSON.value), text)
        print(
            f"\nThe scores are in {_JSON.value}. Beside those of other systems:\n"
            f"  {shlex.join(_COMPARING)} {shlex.quote(f'--scores={_JSON.value}')}"
        )
    if _CSV.value:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(csv_rows(systems))
        write_whole(Path(_CSV.value), text.getvalue())
        print(f"The scores of every video are in {_CSV.value}")
