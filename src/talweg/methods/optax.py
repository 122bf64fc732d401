"""Any optax transformation as a method."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax.numpy as jnp

from talweg.constraints import Constraints
from talweg.pytrees import tree_dataclass
from talweg.state import Status

__all__ = ["Optax", "is_transformation"]


def is_transformation(method: Any) -> bool:
    """Return whether `method` looks like an ``optax.GradientTransformation``."""
    return hasattr(method, "init") and hasattr(method, "update")


class State(NamedTuple):
    """The last iterate, the next one, and what the transformation remembers."""

    trial: Any
    x: Any
    fun: Any
    gradient: Any
    memory: Any
    accepted: Any
    status: Any


@tree_dataclass
class Optax:
    """Follow the updates of an optax transformation, projected onto the box.

    Parameters
    ----------
    transformation : optax.GradientTransformation
        With its learning rate, as ``optax.adam(0.01)``. One that evaluates the objective itself,
        as ``optax.lbfgs`` with its line search, can't be used.

    Examples
    --------
    >>> import optax
    >>> import talweg
    >>> result = talweg.minimize(
    ...     lambda x: (x - 1) @ (x - 1), [3.0, 2.0], method=optax.adam(0.1), max_iter=500)
    >>> result.x.round(3)
    array([1., 1.])
    """

    transformation: Any = dataclasses.field(metadata={"static": True})
    monotone = False
    evaluates_iterates = True

    def start(self, x: Any) -> State:
        """Ask for the value at `x` first."""
        memory = self.transformation.init(x)
        no, running = jnp.zeros((), bool), jnp.full((), Status.RUNNING, jnp.int32)
        return State(x, x, jnp.full((), jnp.inf, x.dtype), jnp.zeros_like(x), memory, no, running)

    def advance(self, state: State, fun: Any, gradient: Any, constraints: Constraints) -> State:
        """Apply the update."""
        x = state.trial
        try:
            update, memory = self.transformation.update(gradient, state.memory, x)
        except TypeError as error:
            raise TypeError(
                "this optax transformation needs more than the gradient (a line search that "
                "evaluates the objective itself, perhaps): use method='lbfgs' or another one; "
                f"it said: {error}"
            ) from error
        trial = constraints.project(x + constraints.hold(update))
        finite = jnp.isfinite(fun)
        status = jnp.where(finite, int(Status.RUNNING), int(Status.NOT_FINITE)).astype(jnp.int32)
        return State(trial.astype(x.dtype), x, fun, gradient, memory, finite, status)
