"""What happens in one turn of a descent, and many turns in one compiled program."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from talweg.batches import Exhausted
from talweg.compilation import compile_for
from talweg.constraints import Constraints
from talweg.limits import Limits
from talweg.state import Status

__all__ = ["QUIET_STEPS", "ROWS", "Carry", "advance", "run", "start"]

ROWS = 1024
"""Iterates that the compiled program records before Python has to collect them."""

_DEPTH = 1e30  # times the value at the start: no minimum lies that low
QUIET_STEPS = 3
"""One small step may be an accident of the method; this many in a row are not."""


class Carry(NamedTuple):
    """All that goes from one turn to the next."""

    method: Any
    best: Any  # point, value and gradient of the best iterate; () where that is the last one
    iteration: Any
    evaluations: Any
    quiet: Any
    status: Any
    rows: Any  # of fun, gradient norm, step and evaluations
    scale: Any  # a power of two: the method is told values and gradients times this
    lowest: Any  # a value below which the function is said to fall without end
    falls: Any  # whether a trial's value was minus infinity


def start(
    method: Any, x: Any, constraints: Constraints, keep_best: bool, scale: float = 1.0,
    rows: int = ROWS,
) -> Carry:  # fmt: skip
    """Return the carry before the first evaluation, in NumPy: that needs no compilation."""
    zero = np.int32(0)
    best = (x, x.dtype.type(np.inf), np.zeros_like(x)) if keep_best else ()
    return Carry(
        method.start(x, constraints), best, zero - np.int32(1), zero, zero,
        np.int32(Status.RUNNING), np.zeros((rows, 4), x.dtype), x.dtype.type(scale),
        x.dtype.type(-np.inf), np.False_,
    )  # fmt: skip


def advance(
    method: Any, constraints: Constraints, limits: Limits, carry: Carry, fun: Any, gradient: Any,
    *hessian: Any,
) -> Carry:  # fmt: skip
    """Tell the method the value and the gradient at its trial, and keep the books.

    `hessian` is there for a method that needs it, and empty for the others.
    """
    gradient = constraints.hold(gradient)
    # The largest component is NaN or infinite where any is, and costs less than testing them all.
    finite = jnp.isfinite(jnp.max(jnp.abs(gradient)))
    falls = carry.falls | jnp.isneginf(fun)
    fun = jnp.where(finite & jnp.isfinite(fun), fun, jnp.nan)
    scale = carry.scale
    curved = [constraints.hold(constraints.hold(matrix).T) * scale for matrix in hessian]
    state = method.advance(carry.method, fun * scale, gradient * scale, constraints, *curved)
    value = state.fun / scale
    iteration = carry.iteration + state.accepted
    evaluations = carry.evaluations + 1
    norm = jnp.max(jnp.abs(constraints.projected_gradient(state.x, state.gradient / scale)))
    first = (iteration == 0) & state.accepted
    lowest = jnp.where(first, -_DEPTH * (jnp.abs(value) + 1.0), carry.lowest)
    step = state.moved / jnp.sqrt(limits.free)

    calm = (step <= limits.step_tol) & (iteration > 0)
    quiet = jnp.where(state.accepted, jnp.where(calm, carry.quiet + 1, 0), carry.quiet)
    status = state.status
    status = jnp.where(iteration >= limits.max_iter, Status.MAX_ITERATIONS, status)
    still = state.accepted & calm & (status == Status.STALLED)  # the steps will be no longer
    status = jnp.where((quiet >= QUIET_STEPS) | still, Status.SETTLED, status)
    status = jnp.where((iteration >= 0) & (norm <= limits.tol), Status.CONVERGED, status)
    endless = falls & (state.accepted | (status != Status.RUNNING)) & (iteration >= 0)
    endless |= value < lowest
    status = jnp.where(endless, Status.UNBOUNDED, status).astype(jnp.int32)

    best = carry.best
    if best:
        better = state.accepted & (state.fun < best[1])
        best = jax.tree_util.tree_map(
            lambda new, old: jnp.where(better, new, old), (state.x, state.fun, state.gradient), best
        )
    # A trial that was turned down leaves the rows as they are.
    row = jnp.clip(iteration - limits.first_row, 0, carry.rows.shape[0] - 1)
    entry = jnp.stack([value, norm, step, evaluations.astype(norm.dtype)])
    entry = jnp.where(state.accepted, entry, carry.rows[row])
    rows = jax.lax.dynamic_update_index_in_dim(carry.rows, entry, row, 0)
    return Carry(
        state, best, iteration, evaluations, quiet, status, rows, scale, lowest, falls
    )  # fmt: skip


def _goes_on(limits: Limits, carry: Carry) -> Any:
    return (
        (carry.status == Status.RUNNING)
        & (carry.iteration < limits.iteration)
        & (carry.evaluations < limits.evaluations)
    )


def _loop(
    value_and_gradient: Callable[[Any, Any], tuple[Any, Any]],
    method: Any, constraints: Constraints, limits: Limits, carry: Carry, arguments: Any,
) -> Carry:  # fmt: skip
    def turn(carry: Carry) -> Carry:
        told = value_and_gradient(method.trial(carry.method, constraints), arguments)
        return advance(method, constraints, limits, carry, *told)

    last: Carry = jax.lax.while_loop(functools.partial(_goes_on, limits), turn, carry)
    return last


def _trial(method: Any, state: Any, constraints: Constraints) -> Any:
    return method.trial(state, constraints)


def run(
    objective: Any, method: Any, constraints: Constraints, limits: Limits, carry: Carry
) -> Carry:
    """Take turns until a limit is met: in one compiled loop, or with the objective in Python."""
    largest = max(objective.largest, carry.method.x.size)
    if objective.in_loop:
        single = objective.single and getattr(method, "fits_single_kernel", False)
        loop = compile_for(largest, _loop, "value_and_gradient", single=single)
        done: Carry = loop(
            objective.compiled, method, constraints, limits, carry, objective.arguments
        )
        return done
    propose, take_in = compile_for(largest, _trial), compile_for(largest, advance)
    dtype = carry.rows.dtype
    while _goes_on(limits, _counts(carry)):
        trial = np.asarray(propose(method, carry.method, constraints))
        try:
            told = objective.evaluate(trial)
        except Exhausted:
            return carry._replace(status=np.int32(Status.EXHAUSTED))
        told = tuple(np.asarray(part, dtype) for part in told)
        carry = take_in(method, constraints, limits, carry, *told)
    return carry


def _counts(carry: Carry) -> Carry:
    """Return the carry with its counts as Python's numbers, which compare much faster."""
    return carry._replace(
        status=int(carry.status),
        iteration=int(carry.iteration),
        evaluations=int(carry.evaluations),
    )
