"""Many descents of one function at once, each from its own start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from talweg import turns
from talweg.compilation import compile_for
from talweg.constraints import Constraints
from talweg.limits import FAR, Limits
from talweg.objective import Objective, precision
from talweg.run import Run
from talweg.state import Status

__all__ = ["Ends", "descend_all"]

_TOGETHER = 4096  # starts in one compiled call
_CHUNK = 64  # turns between two looks at Ctrl-C


class Ends(NamedTuple):
    """Where many descents ended: an entry a start."""

    x: np.ndarray  # (m, n)
    fun: np.ndarray
    gradient_norm: np.ndarray
    status: np.ndarray
    evaluations: np.ndarray


def descend_all(
    objective: Objective, method: Any, constraints: Constraints, limits: Limits, starts: np.ndarray
) -> Ends:
    """Run one descent from each start, side by side in one compiled loop where that can be.

    Parameters
    ----------
    objective : Objective
    method : method object
        Without a schedule of steps.
    constraints : Constraints
    limits : Limits
    starts : (m, n) ndarray
        Inside the box. A start where the function isn't finite ends there, its value infinite.
    """
    if objective.compiled is None or not objective.in_loop:
        ends = [_alone(objective, method, constraints, limits, start) for start in starts]
    else:
        blocks = range(0, len(starts), _TOGETHER)
        ends = [
            _together(objective, method, constraints, limits, starts[k : k + _TOGETHER])
            for k in blocks
        ]
    return Ends(*map(np.concatenate, zip(*ends, strict=True)))


def _together(
    objective: Objective, method: Any, constraints: Constraints, limits: Limits, starts: np.ndarray
) -> Ends:
    """Run the engine's loop over all starts at once; those that are done wait for the others."""
    keep_best = not method.monotone
    one = turns.start(method, starts[0], constraints, keep_best, rows=1)
    carry = jax.tree_util.tree_map(
        lambda leaf: np.broadcast_to(leaf, (len(starts), *np.shape(leaf))), one
    )
    carry = carry._replace(method=carry.method._replace(x=starts))
    if keep_best:
        carry = carry._replace(best=(starts, *carry.best[1:]))
    largest = max(objective.largest, starts[0].size) * len(starts)
    loop = compile_for(largest, _loop, "value_and_gradient")
    done, limits = 0, limits._replace(iteration=np.int32(FAR))
    with precision(objective.structure.dtype):
        while np.any(np.asarray(carry.status) == Status.RUNNING):
            done += _CHUNK
            limits = limits._replace(evaluations=np.int32(done))
            carry = loop(
                objective.compiled, method, constraints, limits, carry, objective.arguments
            )
        x, fun = carry.best[:2] if keep_best else (carry.method.x, carry.method.fun)
        norm = carry.rows[:, 0, 1]
    return Ends(*map(np.array, (x, fun, norm, carry.status, carry.evaluations)))


def _loop(
    value_and_gradient: Callable[..., Any], method: Any, constraints: Constraints, limits: Limits,
    carry: turns.Carry, arguments: Any,
) -> turns.Carry:  # fmt: skip
    def descend(one: turns.Carry) -> turns.Carry:
        return turns._loop(value_and_gradient, method, constraints, limits, one, arguments)

    carries: turns.Carry = jax.vmap(descend)(carry)
    return carries


def _alone(
    objective: Objective, method: Any, constraints: Constraints, limits: Limits, start: np.ndarray
) -> Ends:
    """Run one descent as `minimize` does."""
    run = Run(objective, method, constraints, limits, start, True, [])
    try:
        ending = _last(run.states(None))
    except ValueError:  # not finite at the start
        return Ends(
            start[None], np.array([np.inf]), np.array([np.inf]), np.array([Status.NOT_FINITE]),
            np.array([1]),
        )  # fmt: skip
    x = objective.structure.ravel(ending.x, "x", objective.structure.dtype)
    rest = (ending.fun, ending.gradient_norm, int(ending.status), ending.nfev)
    return Ends(x[None], *(np.array([part]) for part in rest))


def _last(states: Any) -> Any:
    while True:
        try:
            next(states)
        except StopIteration as end:
            return end.value
