"""What a descent says of itself while it runs."""

from __future__ import annotations

import dataclasses
import enum
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["State", "Status", "Trace"]


class Status(enum.IntEnum):
    """Why a descent ended."""

    RUNNING = -1
    CONVERGED = 0
    SETTLED = 10
    COMPLETED = 11
    MAX_ITERATIONS = 1
    STALLED = 2
    NOT_FINITE = 3
    UNBOUNDED = 4
    STOPPED = 5
    NOT_QUADRATIC = 6
    EXHAUSTED = 7
    SADDLE = 8
    MAXIMUM = 9

    @property
    def success(self) -> bool:
        """Whether the end is a minimum, as far as the tolerances tell, or all steps were taken."""
        return self in (Status.CONVERGED, Status.SETTLED, Status.COMPLETED)


@dataclasses.dataclass(frozen=True)
class Trace:
    """The course of a descent: one entry an iterate, the start included.

    Attributes
    ----------
    iteration : (k,) ndarray of int
    fun : (k,) ndarray
        The objective's value.
    gradient_norm : (k,) ndarray
        Largest absolute component of the projected gradient.
    step : (k,) ndarray
        Root mean square change of the free coordinates since the iterate before; 0 for the start.
    evaluations : (k,) ndarray of int
        Evaluations of the objective so far.
    seconds : (k,) ndarray
        Seconds since the descent began. Iterates that were computed in one go share the time
        evenly.
    escapes : (j,) ndarray of int
        The iterations at which the descent stood at a saddle or a maximum that it left: the next
        iterate is a step along the most negative curvature, or a random one.
    """

    iteration: np.ndarray
    fun: np.ndarray
    gradient_norm: np.ndarray
    step: np.ndarray
    evaluations: np.ndarray
    seconds: np.ndarray
    escapes: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0, int))

    def __len__(self) -> int:
        """Return the number of iterates."""
        return len(self.iteration)

    def __repr__(self) -> str:
        """Say how long it is and where it led."""
        if not len(self):
            return "Trace(empty)"
        count = len(self.escapes)
        left = f", {count} escape{'s' if count > 1 else ''}" if count else ""
        return f"Trace({len(self)} iterates, fun {self.fun[0]:.6g} -> {self.fun[-1]:.6g}{left})"


@dataclasses.dataclass(frozen=True)
class State:
    """A descent at one of its iterates.

    Attributes
    ----------
    x : array or nest of arrays, as x0
        The iterate.
    fun : float
        The objective's value there.
    gradient_norm : float
        Largest absolute component of the projected gradient; zero at a minimum of the box.
    step : float
        Root mean square change of the free coordinates since the iterate before.
    iteration : int
        0 at the start.
    evaluations : int
        Evaluations of the objective so far.
    seconds : float
        Since the descent began.
    status : Status
        ``RUNNING``, or why this state is the last one.
    """

    fun: float
    gradient_norm: float
    step: float
    iteration: int
    evaluations: int
    seconds: float
    status: Status
    _read: Callable[[], Any] = dataclasses.field(repr=False)

    @functools.cached_property
    def x(self) -> Any:
        """The iterate, copied out only when it is asked for."""
        return self._read()
