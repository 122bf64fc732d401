"""The course of a descent as it is recorded: one row an iterate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from talweg.state import Trace

__all__ = ["Course"]


class Course:
    """Rows of value, gradient norm, step, evaluations and seconds, collected chunk by chunk."""

    def __init__(self) -> None:
        self._blocks: list[np.ndarray] = []
        self._length = 0

    def __len__(self) -> int:
        """Return the number of iterates."""
        return self._length

    @property
    def last(self) -> np.ndarray:
        """The row of the last iterate, to look at or to write to."""
        row: np.ndarray = self._blocks[-1][-1]
        return row

    def extend(self, rows: np.ndarray, now: float) -> None:
        """Add the rows of a chunk of iterates, which share the time since the last one evenly.

        Parameters
        ----------
        rows : (k, 4) ndarray
            Without the seconds.
        now : float
            Seconds since the descent began.
        """
        if len(rows):
            before = self.last[4] if self._length else 0.0
            block = np.empty((len(rows), 5))
            block[:, :4] = rows
            block[:, 4] = np.linspace(before, now, len(rows) + 1)[1:]
            self._add(block)

    def take_over(self, rows: np.ndarray, seconds: np.ndarray) -> None:
        """Begin with the rows of an earlier descent."""
        self._add(np.column_stack([rows, seconds]).astype(float))

    def _add(self, block: np.ndarray) -> None:
        self._blocks.append(block)
        self._length += len(block)

    def pop(self) -> np.ndarray:
        """Take the last row away."""
        row = self.last
        self._blocks[-1] = self._blocks[-1][:-1]
        if not len(self._blocks[-1]):
            self._blocks.pop()
        self._length -= 1
        return row

    def table(self) -> np.ndarray:
        """Return all rows: a (k, 5) array."""
        if len(self._blocks) > 1:
            self._blocks = [np.concatenate(self._blocks)]
        return self._blocks[0] if self._blocks else np.zeros((0, 5))

    def trace(self, escapes: Sequence[int] = ()) -> Trace:
        """Return the columns, and after which iterates a saddle or a maximum was left."""
        fun, norm, step, evaluations, seconds = self.table().T.copy()
        return Trace(
            np.arange(len(fun)), fun, norm, step, evaluations.astype(int), seconds,
            np.array(escapes, int),
        )  # fmt: skip
