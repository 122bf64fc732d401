"""What a value must be for its square to be summed, and what is said where it isn't."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import NoReturn

import numpy as np

__all__ = ["NotFiniteError", "Place", "refuse_not_finite", "refuse_sizes"]

_SMALL, _SMALL_SQUARE = 1e-135, 1e-270  # below which squares lose their digits


class NotFiniteError(ValueError):
    """A value, or the square of one, that can't be computed with.

    Attributes
    ----------
    row : int or None
        Counted from 0 in what was read; None where it is the whole column that is meant.
    column : int
        Its index; d, one more than the last, for the target, and d + 1 for the weight.
    value : float

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.regression.squares.moments import Moments
    >>> from talweg.regression.rows import Block
    >>> Moments.of(Block(np.array([[1.0, np.nan]]), np.ones(2)))
    Traceback (most recent call last):
        ...
    talweg...NotFiniteError: column 0 is nan in row 1 (counted from 0); ...
    """

    def __init__(self, what: str, row: int | None, column: int, value: float) -> None:
        super().__init__(what)
        self.row, self.column, self.value = row, column, value

    def __reduce__(self) -> tuple[type, tuple[str, int | None, int, float]]:
        """Pickle with all attributes: the error may come from another process."""
        return type(self), (str(self), self.row, self.column, self.value)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where in the rows the columns looked at begin.

    Attributes
    ----------
    d : int
        Number of columns, without the target.
    names : tuple of str
        Of the columns; empty where they have none.
    first : int
        Number of rows before.
    """

    d: int
    names: tuple[str, ...]
    first: int

    def name(self, column: int) -> str:
        """Return what a column is called."""
        if column >= self.d:
            return "the target" if column == self.d else "the weight"
        return self.names[column] if self.names else f"column {column}"

    def refuse_weight(self, weight: np.ndarray) -> NoReturn:
        """Say which weight is negative or no number."""
        row = int(np.argmax(~(weight >= 0.0)))
        if np.isnan(weight[row]):
            self.refuse_value(row, self.d + 1, float(weight[row]))
        raise ValueError(
            f"the weight is {weight[row]:g} in row {self.first + row} (counted from 0);"
            " weights must not be negative"
        )

    def refuse_value(self, row: int, column: int, value: float) -> NoReturn:
        """Say where a value isn't finite."""
        raise NotFiniteError(
            f"{self.name(column)} is {value:g} in row {self.first + row} (counted from 0);"
            " all values must be finite",
            self.first + row, column, value,
        )  # fmt: skip

    def refuse_size(self, column: int, value: float) -> NoReturn:
        """Say that the squares of a column overflow."""
        large = f"values as large as {value:.3g}" if np.isfinite(value) else "very large values"
        raise NotFiniteError(
            f"{self.name(column)} holds {large}, whose squares overflow;"
            " divide it by a power of ten, so that it stays below 1e150",
            None, column, value,
        )  # fmt: skip


def refuse_not_finite(
    place: Place, columns: Sequence[np.ndarray], weight: np.ndarray | None
) -> NoReturn:
    """Find out which value made the sums of products overflow or no number, and say it.

    Parameters
    ----------
    place : Place
    columns : sequence of (n,) float64 ndarray
        The target last.
    weight : (n,) float64 ndarray or None

    Raises
    ------
    NotFiniteError
    """
    every = [*columns] if weight is None else [*columns, weight]
    for column, values in enumerate(every):
        bad = ~np.isfinite(values)
        if bad.any():
            row = int(np.argmax(bad))
            place.refuse_value(row, column, float(values[row]))
    largest = [float(np.abs(values).max(initial=0.0)) for values in every]
    column = int(np.argmax(largest))
    place.refuse_size(column, largest[column])


def refuse_sizes(place: Place, mean: np.ndarray, squares: np.ndarray) -> None:
    """Say which column is too large or too small for its squares to be computed with.

    Parameters
    ----------
    place : Place
    mean, squares : (d + 1,) float64 ndarray
        Means, and sums of the squares about them, of all columns and the target.

    Raises
    ------
    NotFiniteError
        Unless all is well.
    """
    good = np.isfinite(squares)
    if not good.all():
        place.refuse_size(int(np.argmin(good)), math.inf)
    small = (squares < _SMALL_SQUARE) & (mean != 0.0) & (np.abs(mean) < _SMALL)
    if small.any():
        column = int(np.argmax(small))
        raise NotFiniteError(
            f"{place.name(column)} holds values so small, {mean[column]:.3g} on average, that their"
            " squares can't be computed with; multiply it by a power of ten",
            None, column, float(mean[column]),
        )  # fmt: skip
