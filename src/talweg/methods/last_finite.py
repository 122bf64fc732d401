"""What methods share that compare no values: they go to every trial whose value is finite."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp

from talweg.state import Status

__all__ = ["Reached", "reach"]


class Reached(NamedTuple):
    """Where a method is after an evaluation."""

    x: Any
    fun: Any
    gradient: Any
    moved: Any  # length of the step there
    accepted: Any
    status: Any


def reach(state: Any, fun: Any, gradient: Any) -> Reached:
    """Return where the trial led, or, if its value isn't finite, where the method was before.

    Parameters
    ----------
    state : object
        With the trial, ``next``, and the iterate before: ``x``, ``fun`` and ``gradient``.
    fun, gradient : float, (n,) array
        At the trial.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> before = SimpleNamespace(next=jnp.ones(2), x=jnp.zeros(2), fun=3.0, gradient=jnp.ones(2))
    >>> reach(before, jnp.inf, jnp.ones(2)).x.tolist(), reach(before, 2.0, jnp.ones(2)).x.tolist()
    ([0.0, 0.0], [1.0, 1.0])
    """
    finite = jnp.isfinite(fun)
    x = jnp.where(finite, state.next, state.x)
    change = x - state.x
    status = jnp.where(finite, int(Status.RUNNING), int(Status.NOT_FINITE)).astype(jnp.int32)
    return Reached(
        x,
        fun=jnp.where(finite, fun, state.fun),
        gradient=jnp.where(finite, gradient, state.gradient),
        moved=jnp.sqrt(jnp.vdot(change, change)),
        accepted=finite,
        status=status,
    )
