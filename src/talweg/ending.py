"""How a descent ends: its best point, why it stopped, and the words for it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from talweg.checkpoint import Checkpoint
from talweg.state import Status, Trace

__all__ = ["Ending", "explain"]

_MESSAGES = {
    Status.CONVERGED: "converged: the projected gradient is {norm:.3g}, within tol={tol:.3g}",
    Status.SETTLED: "converged: the coordinates moved by less than step_tol={step_tol:.3g} (root "
    "mean square) in three iterations running",
    Status.COMPLETED: "done: the method's own steps are all taken; the projected gradient is "
    "{norm:.3g}",
    Status.MAX_ITERATIONS: "stopped after max_iter={max_iter} iterations, before the tolerance was "
    "met; the projected gradient is {norm:.3g}",
    Status.STALLED: "stopped: no step lowers the value any more, though the projected gradient is "
    "{norm:.3g}; the function may not be smooth here, or its precision is exhausted",
    Status.NOT_FINITE: "stopped: the value or the gradient is not finite at the next point; the "
    "best finite point is kept (a smaller step size may help)",
    Status.UNBOUNDED: "stopped: the function falls without end; the best finite point is kept",
    Status.STOPPED: "stopped by the caller; the best point is kept",
    Status.NOT_QUADRATIC: "stopped: the function is not quadratic, as this method needs",
    Status.SADDLE: "stopped at a saddle: the gradient vanishes ({norm:.3g}), but the function "
    "curves downwards along some direction; escape=True goes on from here",
    Status.MAXIMUM: "stopped at a maximum: the gradient vanishes ({norm:.3g}), and every way "
    "leads downhill; escape=True goes on from here",
    Status.EXHAUSTED: "stopped: the batches are used up; the last point is kept",
}
_PRECISION_EXHAUSTED = (
    "converged to the working precision: no step lowers the value any more, and the projected "
    "gradient has come down to {norm:.3g}"
)

_ALL_FOR_NOTHING = (
    "done: the method's own steps are all taken, but they end no lower than they began; the lowest "
    "point is kept"
)
_RISEN = (
    "stopped: the steps led to a point where the gradient vanishes, but higher than one before, "
    "which is kept; the projected gradient there is {norm:.3g} (a smaller step size may help)"
)


@dataclasses.dataclass(frozen=True)
class Ending:
    """What a descent returns when it is over: its best point, and how it went.

    The attributes are those of `talweg.Result`, which `talweg.minimize` makes of it.
    """

    x: Any
    fun: float
    jac: Any
    nit: int
    nfev: int
    status: Status
    message: str
    gradient_norm: float
    trace: Trace
    checkpoint: Checkpoint

    @property
    def success(self) -> bool:
        """Whether the descent converged."""
        return self.status.success


def explain(
    status: Status,
    fun: float,
    norm: float,
    limits: Any,
    steepest: float,
    all_held: bool,
    risen: bool,
    notes: list[str],
) -> tuple[Status, str]:
    """Return the status and the message of an ending.

    Parameters
    ----------
    status : Status
        Why the loop stopped. A descent that has stalled where the gradient is down to the square
        root of the precision, beside the value and the steepest on the way, has converged.
    fun, norm : float
        Value and norm of the projected gradient at the best point.
    limits : Limits
    steepest : float
        The largest norm on the way.
    all_held : bool
        Whether every coordinate is.
    risen : bool
        Whether the point where it converged is higher than one before, which is kept.
    notes : list of str
        What else there is to say.
    """
    values = {name: getattr(limits, name).item() for name in limits._fields}
    eps = np.finfo(limits.tol.dtype).eps
    words = _MESSAGES[status]
    if status is Status.STALLED and norm <= np.sqrt(eps) * min(steepest, max(1.0, abs(fun))):
        status, words = Status.CONVERGED, _PRECISION_EXHAUSTED
    if risen and status is Status.COMPLETED:
        words = _ALL_FOR_NOTHING
    elif risen:
        status, words = Status.STALLED, _RISEN
    if all_held:
        words = "every coordinate is fixed: there is nothing to descend along"
    return status, "; ".join([words.format(norm=norm, **values), *notes])
