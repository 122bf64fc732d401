"""Numbers, points and tables as `talweg explore` prints them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scale", "count", "finite", "flat", "table", "vector"]

_DIGITS = 6
_MOST = 6  # coordinates that are written out


class Scale:
    """Knows what is so small, beside the box that is looked at, that it is zero.

    Parameters
    ----------
    variables : tuple of str
    bounds : (lower, upper)
        The corners of the box.
    """

    def __init__(
        self, variables: tuple[str, ...], bounds: tuple[NDArray[np.float64], NDArray[np.float64]]
    ) -> None:
        lower, upper = bounds
        self._variables = variables
        self._coordinates = 1e-6 * (upper - lower)

    def coordinates(self, x: Sequence[float] | NDArray[np.float64]) -> list[str]:
        """Write the coordinates of a point."""
        return [_told(float(c), float(s)) for c, s in zip(x, self._coordinates, strict=True)]

    def point(self, x: Sequence[float] | NDArray[np.float64]) -> str:
        """Write a point: "(1, 0)", or "x = 1" where there is one variable."""
        texts = self.coordinates(x)
        return f"{self._variables[0]} = {texts[0]}" if len(texts) == 1 else _listed(texts)

    def height(self, point: Any) -> str:
        """Write the value at a critical point: 0 where rounding x makes more of a difference."""
        near = float(self._coordinates.max())
        curvature = max(abs(float(point.lowest_curvature)), abs(float(point.highest_curvature)))
        zero = 0.5 * curvature * near**2
        if point.kind == "kink":  # it rises with its slope
            zero = float(point.gradient_norm) * near
        return _told(float(point.fun), zero)


def vector(x: NDArray[np.float64]) -> str:
    """Write a direction.

    Examples
    --------
    >>> vector(np.array([1e-17, -1.0]))
    '(0, -1)'
    """
    return _listed([_told(float(c), 1e-6, 3) for c in x])


def _listed(texts: list[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    more = ", ..." if len(texts) > _MOST else ""
    return f"({', '.join(texts[:_MOST])}{more})"


def _told(number: float, zero: float, digits: int = _DIGITS) -> str:
    return "0" if abs(number) < zero else f"{number + 0.0:.{digits}g}"


def flat(x: Any) -> NDArray[np.float64]:
    """Return a point of an array of any shape as a vector."""
    return np.asarray(x, np.float64).ravel()


def finite(number: Any) -> float | None:
    """Return a number for JSON, which has no NaN and no infinity."""
    return float(number) if math.isfinite(number) else None


def count(number: int, what: str, several: str = "") -> str:
    """Write a number of things.

    Examples
    --------
    >>> count(1, "step"), count(2, "minimum", "minima")
    ('1 step', '2 minima')
    """
    return f"{number} {what if number == 1 else several or what + 's'}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> list[str]:
    """Write a table, the first columns as words and the others as numbers.

    Examples
    --------
    >>> for line in table(["kind", "x"], [["minimum", "-1.5"], ["saddle", "0"]]):
    ...     print(line)
      kind        x
      minimum  -1.5
      saddle      0
    """
    lines = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if i < words else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
