"""What is trained and compared."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """One way to train one network.

    Attributes:
        name: Name of the recipe in the rows.
        version: `None` for ICNet, else 1 to 6.
        cell: `None` for ICNet, else the convLSTM variant.
        pool: What is trained on: `frames` (single labelled frames), `real` (clips of
            four frames as stored) or `motionN` (clips of N frames from stills).
        steps: Optimiser steps.
        batch_size: Clips per step.
        optimizer: `sgd` (momentum 0.9) or `adam`.
        learning_rate: At the first step; it decays polynomially with power 0.9.
        end_learning_rate: At the last step.
        from_icnet: Whether to start from the ICNet of the same seed.
        frozen: Whether the branches are not trained; see `freeze_branches`.
        last_label_only: Whether the loss looks at the last frame alone.
        consistency_weight: See `SegmentationCrossEntropy`.
        align_states: Whether h and c are warped along the flow.
        align_labels: See `SegmentationCrossEntropy`.
        memory: Whether states are carried; otherwise every frame starts from zero.
    """

    name: str
    version: int | None = None
    cell: str | None = None
    pool: str = "motion6"
    steps: int = 800
    batch_size: int = 4
    optimizer: str = "adam"
    learning_rate: float = 3e-3
    end_learning_rate: float = 1e-4
    from_icnet: bool = True
    frozen: bool = True
    last_label_only: bool = False
    consistency_weight: float = 0.5
    align_states: bool = False
    align_labels: bool = False
    memory: bool = True

    @property
    def model_frames(self) -> int:
        """Frames of the network's clips."""
        if self.version is None or not self.memory:
            return 1
        return pool_frames(self.pool)


def pool_frames(pool: str) -> int:
    """Frames of a pool's clips."""
    if pool.startswith("motion"):
        return int(pool.removeprefix("motion"))
    return {"frames": 1, "real": 4}[pool]


def pool_size(pool: str, num_clips: int) -> int:
    """Clips in a pool: of single frames four times as many as of longer clips."""
    return num_clips * (4 if pool == "frames" else 1)


ICNET = Recipe(
    "icnet",
    pool="frames",
    steps=2000,
    batch_size=8,
    optimizer="sgd",
    learning_rate=0.02,
    end_learning_rate=0.0,
    from_icnet=False,
    frozen=False,
    consistency_weight=0.0,
)
# Steps of every recipe but ICNet's own, ICNet's continuation included.
_STEPS = 400
_SLOW = {"learning_rate": 3e-4, "end_learning_rate": 1e-5, "frozen": False}
_BASE = Recipe("memory_1", 2, "separable", steps=_STEPS, consistency_weight=1.0)
_ALIGNED = replace(_BASE, name="align_1", align_states=True)
_CONTINUED = replace(_BASE, name="icnet_continued", version=None, cell=None, **_SLOW)


def _weighted(recipe, *weights):
    """The recipe with other weights of the consistency term."""
    stem = recipe.name.removesuffix("_1")
    return tuple(
        replace(recipe, name=f"{stem}_{weight:g}", consistency_weight=weight)
        for weight in weights
    )


# ICNet trained further on single frames, by either rule for the labels.
_FURTHER = replace(
    ICNET,
    name="icnet_500",
    steps=500,
    batch_size=4,
    learning_rate=5e-3,
    from_icnet=True,
)
_NO_MEMORY = replace(_BASE, name="no_memory_1", memory=False)
# The recipe of `experiments/recipes/camvid.flags`.
_BEST = replace(
    _ALIGNED,
    name="labels_4_long",
    consistency_weight=4.0,
    align_labels=True,
    steps=2 * _STEPS,
)


def _with_cell(cell, *versions):
    """The best recipe with another cell and in other versions."""
    version_names = {version: f"_v{version}" for version in versions}
    version_names[_BEST.version] = ""
    cell_name = "" if cell == _BEST.cell else f"_{cell}"
    return tuple(
        replace(
            _BEST,
            name=f"{_BEST.name}{version_names[version]}{cell_name}",
            version=version,
            cell=cell,
        )
        for version in versions
    )


# Recipes that one process trains one after the other: they share convolutions, which
# are then tuned to the GPU but once.
GROUPS = (
    _weighted(_ALIGNED, 2.0, 1.0, 0.5),
    tuple(
        replace(
            recipe,
            name=f"{name}_long",
            consistency_weight=weight,
            steps=2 * _STEPS,
        )
        for name, recipe, weight in (
            ("align_2", _ALIGNED, 2.0),
            ("align_4", _ALIGNED, 4.0),
            ("memory_2", _BASE, 2.0),
            ("no_memory_4", _NO_MEMORY, 4.0),
            ("no_memory_2", _NO_MEMORY, 2.0),
        )
    ),
    _weighted(_BASE, 2.0, 1.0, 0.5, 0.0),
    _weighted(_NO_MEMORY, 2.0, 1.0, 0.5),
    (
        replace(_BASE, name="frames_12", pool="motion12", batch_size=2),
        replace(_BEST, name="labels_4_long_frames_8", pool="motion8", batch_size=3),
        replace(_BASE, name="last_label", last_label_only=True, consistency_weight=0.0),
    ),
    (
        replace(_BASE, name="unfrozen", **_SLOW),
        replace(
            _BASE,
            name="paper",
            pool="real",
            optimizer="sgd",
            learning_rate=1e-3,
            end_learning_rate=0.0,
            frozen=False,
            last_label_only=True,
            consistency_weight=0.0,
        ),
    ),
    (
        replace(_CONTINUED, consistency_weight=0.0),
        replace(_CONTINUED, name="icnet_stability"),
    ),
    (_FURTHER, replace(_FURTHER, name="icnet_500_labels", align_labels=True)),
    (
        replace(_ALIGNED, name="align_1_depthwise", cell="depthwise"),
        replace(_ALIGNED, name="align_1_spatial", cell="spatial"),
    ),
    (replace(_ALIGNED, name="align_1_standard", cell="standard"),),
    (replace(_ALIGNED, name="align_1_v5", version=5, **_SLOW),),
    (replace(_ALIGNED, name="align_1_v6", version=6, **_SLOW),),
    (
        _BEST,
        replace(
            _BEST, name="no_memory_labels_4_long", memory=False, align_states=False
        ),
        *_with_cell("separable", 5, 6),
    ),
    _with_cell("spatial", 2, 5, 6),
    _with_cell("depthwise", 2, 5, 6),
    _with_cell("standard", 2, 5, 6),
)
# Rows that get a whole curve of smoothing.
CURVES = ("icnet", "align_2", "memory_2", "no_memory_2")
