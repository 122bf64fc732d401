"""Where a training stands, and its file: from there it can go on."""

from __future__ import annotations

import dataclasses
import json
import os
import struct
import zipfile
import zlib
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from talweg.atomic import atomic_write
from talweg.checkpoint import Checkpoint
from talweg.energies.learned import Parameters
from talweg.errors import ImageError
from talweg.training.validation import Score

__all__ = ["Look", "Standing", "load_standing", "save_standing"]

_VERSION = 1
_UNREADABLE = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, EOFError, RuntimeError,
    zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
"""What reading a file that is no checkpoint, or a damaged one, has been seen to raise."""


class Look(NamedTuple):
    """One validation."""

    batch: int
    seconds: float
    loss: float
    score: Score


@dataclasses.dataclass
class Standing:
    """A training as it is now.

    Attributes
    ----------
    settings : dict
        What it must be resumed with: its origin, the seed, the ranges of missing pixels and of
        noise.
    start : Parameters
        Those it began with.
    best : Parameters
        The best by validation so far.
    looks : list of Look
        Every validation so far, that of the start first.
    seconds : float
        Spent so far.
    checkpoint : Checkpoint or None
        Where the descent stands; None before its first step.
    mean : Parameters or None
        The running mean of the iterates; None before the first.
    """

    settings: dict[str, Any]
    start: Parameters
    best: Parameters
    looks: list[Look] = dataclasses.field(default_factory=list)
    seconds: float = 0.0
    checkpoint: Checkpoint | None = None
    mean: Parameters | None = None

    @property
    def batch(self) -> int:
        """How many batches were learned from."""
        return 0 if self.checkpoint is None else len(self.checkpoint.rows) - 1

    @property
    def best_look(self) -> Look:
        """The validation of the best parameters."""
        return max(self.looks, key=lambda look: np.nan_to_num(look.score.gain, nan=-np.inf))


def save_standing(path: str | os.PathLike[str], standing: Standing) -> None:
    """Write where a training stands, over what the file held before."""
    held = standing.checkpoint
    words = {
        "version": _VERSION,
        "settings": standing.settings,
        "seconds": standing.seconds,
        "method": None if held is None else held.method,
        "verified_norm": None if held is None else _told(held.verified_norm),
        "looks": [
            [*look[:3], list(look.score.levels), list(look.score.gains), look.score.noisy]
            for look in standing.looks
        ],
    }
    arrays: dict[str, NDArray[Any]] = {"words": np.frombuffer(json.dumps(words).encode(), np.uint8)}
    for kind in ("start", "best", "mean"):
        parameters = getattr(standing, kind)
        if parameters is not None:
            arrays |= {f"{kind}.{name}": array for name, array in parameters._asdict().items()}
    if held is not None:
        arrays |= {f"leaf.{number}": leaf for number, leaf in enumerate(held.leaves)}
        arrays |= {"rows": held.rows, "row_seconds": held.seconds}
    with atomic_write(path, overwrite=True) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def load_standing(path: str | os.PathLike[str]) -> Standing:
    """Read where a training stood.

    Raises
    ------
    ImageError
        If the file isn't one of a training, or is damaged.
    OSError
        If it can't be read.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        words = json.loads(arrays["words"].tobytes())
        if words["version"] != _VERSION:
            raise ValueError(f"it is of version {words['version']}, not {_VERSION}")
        return _standing(words, arrays)
    except _UNREADABLE as error:
        raise ImageError(
            f"{os.fspath(path)}: not the checkpoint of a training, or a damaged one ({error}); "
            "give the file that talweg train has written, or train without --resume"
        ) from error


def _standing(words: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Standing:
    lacking = {"filters", "steps", "missing", "noise", "seed", "started from"}.difference(
        words["settings"]
    )
    if lacking or not words["looks"]:
        raise ValueError(f"it lacks {', '.join(sorted(lacking)) or 'its validations'}")
    start, best = (_parameters(arrays, kind) for kind in ("start", "best"))
    mean = _parameters(arrays, "mean") if "mean.steps" in arrays else None
    looks = [
        Look(batch, seconds, loss, Score(tuple(levels), tuple(gains), noisy))
        for batch, seconds, loss, levels, gains, noisy in words["looks"]
    ]
    held = None
    if words["method"] is not None:
        count = sum(name.startswith("leaf.") for name in arrays)
        norm = words["verified_norm"]
        held = Checkpoint(
            words["method"], tuple(arrays[f"leaf.{number}"] for number in range(count)),
            arrays["rows"], arrays["row_seconds"], np.inf if norm is None else norm,
        )  # fmt: skip
    return Standing(words["settings"], start, best, looks, words["seconds"], held, mean)


def _parameters(arrays: dict[str, NDArray[Any]], kind: str) -> Parameters:
    return Parameters(*(arrays[f"{kind}.{name}"] for name in Parameters._fields))


def _told(norm: float) -> float | None:
    """Return a number as JSON has it: there is no infinity."""
    return norm if np.isfinite(norm) else None
