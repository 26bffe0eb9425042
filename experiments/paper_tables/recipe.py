"""The recipe that all networks of a table are trained with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "recipes"
# Which network it is, and where its files are: given for each network.
_FOR_EACH = (
    *("dataset", "data_dir", "workdir", "model", "cell"),
    *("seed", "init_from", "flagfile"),
)


@dataclass(frozen=True)
class Recipe:
    """Flags of `experiments.train`: a flagfile, and others that override it.

    Attributes:
        path: The flagfile.
        overrides: Such as `steps=200` or `noevery_label`.

    Raises:
        ValueError: If an override is no flag, or one that each network has of its own.
    """

    path: Path
    overrides: tuple[str, ...] = ()

    def __post_init__(self):
        for override in self.overrides:
            name = override.partition("=")[0]
            if not name.isidentifier():
                raise ValueError(
                    f"--set must be a flag of train without dashes, such as "
                    f"--set=steps=200. Received: --set={override}"
                )
            if name in _FOR_EACH:
                raise ValueError(
                    f"--set={override}: this command itself gives --{name} to each "
                    f"training"
                )

    @property
    def flags(self) -> list[str]:
        """Arguments of `experiments.train`."""
        return [f"--flagfile={self.path}", *(f"--{text}" for text in self.overrides)]

    @property
    def settings(self) -> list[str]:
        """Those flags that all networks share, a line for each, overrides applied."""
        lines = self.path.read_text(encoding="utf-8").splitlines()
        in_file = [line for line in lines if line.startswith("--")]
        by_name = {
            _name(line): line
            for line in (*in_file, *(f"--{text}" for text in self.overrides))
        }
        return [line for name, line in by_name.items() if name not in _FOR_EACH]

    def value(self, name: str) -> str:
        """The value of a flag, which the file or an override sets."""
        (line,) = [line for line in self.settings if _name(line) == name]
        return line.partition("=")[2]


def _name(line):
    # absl negates a boolean flag by "no"; no other flag of train begins like that.
    return line.partition("=")[0].removeprefix("--").removeprefix("no")


def paper_recipe(dataset: str, overrides: Sequence[str] = ()) -> Recipe:
    """The paper's recipe for a data set."""
    return Recipe(_FOLDER / f"{dataset}.flags", tuple(overrides))
