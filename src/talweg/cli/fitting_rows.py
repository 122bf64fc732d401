"""What is noticed of the rows while they are read, and a sample of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.regression.rows import Block

if TYPE_CHECKING:
    from talweg.regression.rows import Rows

__all__ = ["NoticingRows", "Sample", "dependent_columns"]

SAMPLE_ROWS = 5000
KEPT_BYTES = 2**26
_TOLERANCE = 1e-9
"""What is left of a column beside the others, as a share of it, from which on it adds nothing."""

Check = Callable[[np.ndarray, int], None]


class NoticingRows:
    """Rows, which of their columns never vary, and the rows themselves if they are few.

    Only columns that have not varied yet are looked at, so that it costs next to nothing.

    Parameters
    ----------
    rows : Rows
    keep : bool, default False
        Keep what was read in the first pass, if that is little, for passes to come.
    check : callable, optional
        ``check(target, before)`` looks at each block's targets in the first pass; `before` is the
        number of rows before them.

    Attributes
    ----------
    count : int
        Rows in the last pass.
    """

    def __init__(self, rows: Rows, keep: bool = False, check: Check | None = None) -> None:
        self._rows, self._check = rows, check
        self._constant: dict[int, float] | None = None  # column -> its value, the target last
        self._kept: list[Block] | None = [] if keep else None
        self._whole = False  # whether all of them are kept
        self.count = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self._rows.names

    def blocks(self) -> Iterator[Block]:
        """Make a pass."""
        if self._whole and self._kept is not None:
            yield from self._kept
            return
        if self._kept is not None:
            self._kept = []
        self.count = size = 0
        for block in self._rows.blocks():
            if block.count:
                self._look(block)
            if self._check is not None and not self._whole:
                self._check(block.target, self.count)
            self.count += block.count
            size += (len(block.columns) + 2) * block.count * 8
            if size > KEPT_BYTES:
                self._kept = None
            if self._kept is not None:
                weight = None if block.weight is None else np.array(block.weight)
                self._kept.append(Block(np.array(block.columns), np.array(block.target), weight))
            yield block
        self._whole = True

    def parts(self) -> Sequence[Rows]:
        """Return the parts of the rows, in which nothing is noticed."""
        return self._rows.parts()

    def _look(self, block: Block) -> None:
        size = len(block.columns)
        if self._constant is None:
            first = [*(float(column[0]) for column in block.columns), float(block.target[0])]
            self._constant = dict(enumerate(first))
        for place, value in list(self._constant.items()):
            column = block.target if place == size else block.columns[place]
            if not bool(np.all(column == value)):
                del self._constant[place]

    @property
    def constant_columns(self) -> dict[str, float]:
        """Columns that have one value in all rows."""
        known = self._constant or {}
        return {self.names[k]: value for k, value in known.items() if k < len(self.names)}

    @property
    def constant_target(self) -> float | None:
        """The target's one value, if it has but one."""
        return (self._constant or {}).get(len(self.names))


class Sample:
    """Some rows, each as likely as any other to be among them.

    Parameters
    ----------
    columns : (d, n) ndarray
    target : (n,) ndarray
    """

    def __init__(self, columns: np.ndarray, target: np.ndarray) -> None:
        self.columns, self.target = columns, target

    @classmethod
    def of(cls, rows: Rows, seed: int = 0, most: int = SAMPLE_ROWS) -> Sample:
        """Make a pass, and keep the rows that draw the smallest numbers."""
        random = np.random.default_rng(seed)
        kept: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for block in rows.blocks():
            drawn = random.random(block.count)
            bound = kept[0][0].max() if kept and len(kept[0][0]) == most else np.inf
            chosen = np.flatnonzero(drawn < bound)
            if not chosen.size:
                continue
            new = (drawn[chosen], block.columns[:, chosen], block.target[chosen])
            keys, columns, target = (
                np.concatenate(part, axis=-1) for part in zip(*kept, new, strict=True)
            )
            order = np.sort(np.argsort(keys, kind="stable")[:most])
            kept = [(keys[order], columns[:, order], target[order])]
        if not kept:
            return cls(np.zeros((len(rows.names), 0)), np.zeros(0))
        return cls(kept[0][1], kept[0][2])

    @classmethod
    def first(cls, rows: Rows, most: int = SAMPLE_ROWS) -> Sample:
        """Return the first rows."""
        columns, target, count = [], [], 0
        for block in rows.blocks():
            columns.append(np.array(block.columns[:, : most - count]))
            target.append(np.array(block.target[: most - count]))
            count += block.count
            if count >= most:
                break
        if not columns:
            return cls(np.zeros((len(rows.names), 0)), np.zeros(0))
        return cls(np.concatenate(columns, axis=1), np.concatenate(target))


def dependent_columns(columns: Any, names: Sequence[str], intercept: bool) -> list[str]:
    """Return which columns are sums of multiples of those before them.

    Parameters
    ----------
    columns : (d, n) array_like
        Of a sample of rows.
    names : sequence of str
    intercept : bool
        Whether a constant counts among those before.

    Examples
    --------
    >>> dependent_columns([[1.0, 2.0, 4.0], [0.0, 1.0, 5.0], [2.0, 4.0, 8.0]], "abc", True)
    ['c']
    """
    rest = np.array(columns, float)
    if not rest.size:
        return []
    if intercept:
        rest -= rest.mean(axis=1, keepdims=True)
    basis = np.zeros((0, rest.shape[1]))
    found = []
    for name, column in zip(names, rest, strict=True):
        size = float(np.linalg.norm(column))
        left = column
        for _ in range(2):  # the second time removes what rounding has left
            left = left - basis.T @ (basis @ left)
        remains = float(np.linalg.norm(left))
        if remains <= _TOLERANCE * size or size == 0.0:
            found.append(name)
        else:
            basis = np.vstack([basis, left / remains])
    return found
