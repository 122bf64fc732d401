"""Where in its box a point lies: which coordinates are free there, and which a bound holds."""

from __future__ import annotations

import numpy as np

from talweg.constraints import Constraints

__all__ = ["BoxFace"]

_SLACK = {"float64": 1e-6, "float32": 1e-4}  # of a coordinate's size: as good as at the bound


class BoxFace:
    """The coordinates of a point of a box, sorted by what they may do.

    Parameters
    ----------
    constraints : Constraints
    x, gradient : (n,) ndarray

    Attributes
    ----------
    unfixed : (n,) ndarray of bool
        True where a coordinate isn't fixed, by its bounds neither.
    held : (n,) ndarray of bool
        True where a coordinate is at its bound, and the gradient pushes it against that.
    at_lower, at_upper : (n,) ndarray of bool
        True at a bound, or as near as a descent that has converged may have stopped.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.constraints import Constraints
    >>> face = BoxFace(Constraints(0.0, 1.0), np.array([0.0, 0.5, 1.0]), np.array([2.0, 0.0, 3.0]))
    >>> face.held, face.free
    (array([ True, False, False]), array([1, 2]))
    """

    def __init__(self, constraints: Constraints, x: np.ndarray, gradient: np.ndarray) -> None:
        lower = -np.inf if constraints.lower is None else constraints.lower
        upper = np.inf if constraints.upper is None else constraints.upper
        self.lower, self.upper = np.broadcast_to(lower, x.shape), np.broadcast_to(upper, x.shape)
        self.unfixed = self.lower < self.upper
        if constraints.fixed is not None:
            self.unfixed &= ~constraints.fixed
        width = np.minimum(np.maximum(1.0, np.abs(x)), self.upper - self.lower)
        slack = _SLACK[str(x.dtype)] * width
        self.at_lower, self.at_upper = x - self.lower <= slack, self.upper - x <= slack
        pushed = (self.at_lower & (gradient > 0.0)) | (self.at_upper & (gradient < 0.0))
        self.held: np.ndarray = self.unfixed & pushed

    @property
    def free(self) -> np.ndarray:
        """The indices of the coordinates that are neither fixed nor held."""
        return np.flatnonzero(self.unfixed & ~self.held)

    @property
    def touching(self) -> np.ndarray:
        """The indices of the free coordinates that are at a bound nevertheless."""
        return np.flatnonzero(self.unfixed & ~self.held & (self.at_lower | self.at_upper))

    def allows(self, vector: np.ndarray) -> bool:
        """Return whether a direction of the free coordinates, or its opposite, stays in the box."""
        moves = np.abs(vector) > 1e-8
        lower, upper = self.at_lower[self.free] & moves, self.at_upper[self.free] & moves
        return any(
            bool(np.all(way[lower] > 0.0) and np.all(way[upper] < 0.0)) for way in (vector, -vector)
        )

    def projected_norm(self, x: np.ndarray, gradient: np.ndarray) -> float:
        """Return the largest component of the projected gradient, as a descent measures it."""
        ahead = x - gradient
        inside = np.clip(ahead, self.lower, self.upper)
        projected = np.where(inside == ahead, gradient, x - inside)[self.unfixed]
        return float(np.abs(projected).max())
