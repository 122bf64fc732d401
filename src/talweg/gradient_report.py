"""What a check of a gradient comes to, and how it reads."""

from __future__ import annotations

import dataclasses

__all__ = ["Disagreement", "GradientCheck", "Kink"]

_ROWS = 20  # printed of each list: more say no more


@dataclasses.dataclass(frozen=True)
class Disagreement:
    """A coordinate, or a random direction, along which two gradients differ.

    Attributes
    ----------
    coordinate : str
        Its name, as ``x0['w'][2, 3]``.
    index : int or None
        In the flattened point; None for a direction.
    gradient, expected : float
        The derivative that was checked, and the one found independently.
    error : float
        Their relative difference; infinite where one isn't finite, or nothing could be told.
    note : str
        What else there is to say; empty where there is nothing.
    """

    coordinate: str
    index: int | None
    gradient: float
    expected: float
    error: float
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Kink:
    """A coordinate along which the function is not differentiable: two slopes meet there.

    Attributes
    ----------
    coordinate : str
    left, right : float
        The slopes from either side.
    """

    coordinate: str
    left: float
    right: float


@dataclasses.dataclass(frozen=True, repr=False)
class GradientCheck:
    """Whether a gradient is right; true in a condition if it is.

    Attributes
    ----------
    ok : bool
        Whether everything that was checked agrees.
    error : float
        The largest relative error.
    tolerance : float
        The largest that agrees.
    method : str
        ``"complex step"`` or ``"central differences"``.
    checked, size : int
        Coordinates checked one by one, and of how many.
    directions : int
        Random directions checked, across the other coordinates.
    disagreements : tuple of Disagreement
    kinks : tuple of Kink
        Not disagreements: what was given there lies between the slopes, unless it is among those.

    Examples
    --------
    >>> import numpy as np
    >>> import talweg
    >>> check = talweg.check_gradient(lambda x: np.sum(np.abs(x)), [1.0, 0.0])
    >>> check
    The gradient agrees at all 2 coordinates (central differences, tolerance 1e-06; ...).
    Not differentiable at x0[1], a kink: the slope is -1 before it and 1 after.
    >>> check.kinks[0].coordinate
    'x0[1]'
    """

    ok: bool
    error: float
    tolerance: float
    method: str
    checked: int
    size: int
    directions: int
    disagreements: tuple[Disagreement, ...]
    kinks: tuple[Kink, ...]

    def __bool__(self) -> bool:
        """Return whether everything that was checked agrees."""
        return self.ok

    def __repr__(self) -> str:
        """Say what was found, and name what disagrees."""
        return "\n".join([self._summary(), *self._kink_lines(), *self._table()])

    def _summary(self) -> str:
        how = f"{self.method}, tolerance {self.tolerance:g}"
        wrong = sum(row.index is not None for row in self.disagreements)
        if self.checked < self.size:
            scope = f"the {self.checked} coordinates checked, of {self.size} in all"
            scope = scope if self.ok else f"{wrong} of {scope}"
        else:
            coordinates = "coordinate" if self.size == 1 else "coordinates"
            scope = f"{'all' if self.ok else f'{wrong} of'} {self.size} {coordinates}"
        if self.directions and (self.ok or wrong < len(self.disagreements)):
            share = "all" if self.ok else "some"
            scope += f", and along {share} of {self.directions} random directions"
        verb, found = "agrees", f"; largest relative error {self.error:.2g}"
        if not self.ok:
            unclear = all(row.note.startswith("undecided") for row in self.disagreements)
            verb, found = "could not be checked" if unclear else "disagrees", ""
        return f"The gradient {verb} at {scope} ({how}{found})."

    def _kink_lines(self) -> list[str]:
        lines = [
            f"Not differentiable at {kink.coordinate}, a kink: the slope is {kink.left:.6g} "
            f"before it and {kink.right:.6g} after."
            for kink in self.kinks[:_ROWS]
        ]
        return lines + _rest(len(self.kinks), "kinks")

    def _table(self) -> list[str]:
        if not self.disagreements:
            return []
        header = ["coordinate", "gradient", "expected", "relative error", ""]
        rows = [
            [row.coordinate, *_pair(row.gradient, row.expected), f"{row.error:.2g}", row.note]
            for row in self.disagreements[:_ROWS]
        ]
        widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
        lines = [""]
        for name, *numbers, note in [header, *rows]:
            cells = [name.ljust(widths[0])]
            cells += [
                number.rjust(width) for number, width in zip(numbers, widths[1:4], strict=True)
            ]
            lines.append("  ".join([*cells, note]).rstrip())
        return lines + _rest(len(self.disagreements), "disagreements")


def _rest(count: int, what: str) -> list[str]:
    return [f"... and {count - _ROWS} more {what}"] if count > _ROWS else []


def _pair(one: float, other: float) -> list[str]:
    """Return both numbers in as many digits as tell them apart, 6 at the least."""
    for digits in range(6, 17):
        pair = [f"{one:.{digits}g}", f"{other:.{digits}g}"]
        if pair[0] != pair[1]:
            break
    return pair
