"""Rows of a table, handed out in blocks, as often as passes over them are made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

__all__ = ["ArrayRows", "Block", "Rows"]

_BLOCK_BYTES = 2**19  # of the columns: what the processor's nearer memory holds beside other things


@dataclasses.dataclass(frozen=True)
class Block:
    """Some rows of a table.

    Attributes
    ----------
    columns : (d, n) float64 ndarray
        One row of it is one column of the table. Any strides; not to be written to.
    target : (n,) float64 ndarray
        What is to be predicted.
    weight : (n,) float64 ndarray or None
        How much each row counts; None where all count one.
    """

    columns: np.ndarray
    target: np.ndarray
    weight: np.ndarray | None = None

    @property
    def count(self) -> int:
        """Number of rows."""
        return int(self.target.shape[0])


class Rows(Protocol):
    """Something that hands out the same rows at every pass.

    Attributes
    ----------
    names : tuple of str
        Of the d columns.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""

    def blocks(self) -> Iterator[Block]:
        """Make a pass: hand out all rows, block by block, always in the same order."""

    def parts(self) -> Sequence[Rows]:
        """Split into parts that can be worked on apart, in order; each can be pickled."""


@dataclasses.dataclass(frozen=True)
class ArrayRows:
    """Rows in memory.

    Parameters
    ----------
    x : (n, d) float64 ndarray
    y : (n,) float64 ndarray
    weight : (n,) float64 ndarray, optional
    names : tuple of str, optional
        By default x1, x2, ...

    Examples
    --------
    >>> import numpy as np
    >>> rows = ArrayRows(np.arange(6.0).reshape(3, 2), np.ones(3))
    >>> [block.columns.shape for block in rows.blocks()]
    [(2, 3)]
    """

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None = None
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Name the columns, if they aren't."""
        if not self.names:
            names = tuple(f"x{k + 1}" for k in range(self.x.shape[1]))
            object.__setattr__(self, "names", names)

    def blocks(self) -> Iterator[Block]:
        """Hand out the rows in blocks of half a megabyte."""
        most = max(_BLOCK_BYTES // (8 * max(self.x.shape[1], 1)), 256)
        for start in range(0, len(self.y), most):
            yield self._slice(slice(start, start + most))

    def parts(self) -> Sequence[Any]:
        """Return the whole as one part."""
        return [self]

    def _slice(self, rows: slice) -> Block:
        weight = None if self.weight is None else self.weight[rows]
        return Block(self.x[rows].T, self.y[rows], weight)
