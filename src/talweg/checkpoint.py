"""Where a descent stands, so that another one can go on from there as if it had not stopped."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import jax
import numpy as np

from talweg.limits import Limits
from talweg.state import Status
from talweg.steps import Rule
from talweg.turns import QUIET_STEPS

__all__ = ["Checkpoint", "describe", "read_checkpoint", "resumed_status", "with_next_size"]

_FEW = 100  # numbers that are told one by one
_HOPELESS = (Status.STALLED, Status.NOT_FINITE, Status.UNBOUNDED, Status.NOT_QUADRATIC)


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """All that a descent needs to go on: arrays, and what they belong to.

    Attributes
    ----------
    method : str
        The method and its options, in words.
    leaves : tuple of ndarray
        Everything that goes from one turn to the next.
    rows : (k, 4) ndarray
        Value, gradient norm, step and evaluations of every iterate so far.
    seconds : (k,) ndarray
        Seconds from the start to every iterate.
    verified_norm : float
        Gradient norm at the last minimum that was verified by an evaluation of its own.
    """

    method: str
    leaves: tuple[np.ndarray, ...]
    rows: np.ndarray
    seconds: np.ndarray
    verified_norm: float

    def unpack(self, method: str, fresh: Any) -> Any:
        """Return a carry like a fresh one, with the saved arrays in it.

        Parameters
        ----------
        method : str
            Of the descent that is to go on.
        fresh : Carry
            That of its start.

        Raises
        ------
        ValueError
            If the method, the number of coordinates, the precision or the kind of constraints
            differ from those of the descent that was stopped.
        """
        if method != self.method:
            raise ValueError(
                f"resume: the earlier descent was one by {self.method}, this one is by {method}; "
                "give the same method, step and options"
            )
        leaves, tree = jax.tree_util.tree_flatten(fresh)
        theirs = [(leaf.shape, leaf.dtype) for leaf in self.leaves]
        ours = [(np.shape(leaf), np.asarray(leaf).dtype) for leaf in leaves]
        if theirs != ours:
            raise ValueError(
                "resume: the earlier descent had other coordinates, another precision, or was with "
                "bounds or batches where this one is without; give the same x0, bounds and batches"
            )
        return jax.tree_util.tree_unflatten(tree, self.leaves)


def read_checkpoint(resume: Any) -> Checkpoint:
    """Return the checkpoint of a result.

    Raises
    ------
    TypeError
        If it is none, and has none.
    """
    found = resume if isinstance(resume, Checkpoint) else getattr(resume, "checkpoint", None)
    if not isinstance(found, Checkpoint):
        raise TypeError(
            f"resume is a {type(resume).__name__}: it must be the result of talweg.minimize, or "
            "what talweg.load_result has read"
        )
    return found


def resumed_status(carry: Any, row: np.ndarray, limits: Limits) -> Status:
    """Return why a descent has to end where an earlier one stood, or that it hasn't to.

    Parameters
    ----------
    carry : Carry
        Of the earlier descent.
    row : (4,) ndarray
        Of its last iterate.
    limits : Limits
        Of the descent that is to go on.
    """
    (_, norm, step, _), status = row, Status(int(carry.status))
    if norm <= limits.tol:
        return Status.CONVERGED
    if step <= limits.step_tol and (status is Status.SETTLED or carry.quiet >= QUIET_STEPS):
        return Status.SETTLED
    if status in _HOPELESS:
        return status
    if carry.iteration >= limits.max_iter:
        return Status.MAX_ITERATIONS
    return Status(int(carry.method.status))


def with_next_size(state: Any, method: Any, iteration: int, limits: Limits) -> Any:
    """Return a method's state with the size of its next step, where a rule says it.

    A descent doesn't ask the rule for the step after its end.
    """
    step = getattr(method, "step", None)
    if not isinstance(step, Rule) or iteration >= limits.max_iter:
        return state
    size = step.table(iteration, iteration + 1).sizes[0].astype(state.x.dtype)
    return state._replace(search=state.search._replace(size=size))


def describe(method: Any) -> str:
    """Name a method and its options, in the same words in every process."""
    if dataclasses.is_dataclass(method):
        if isinstance(method, Rule):
            return "a schedule"
        parts = [
            f"{field.name}={describe(getattr(method, field.name))}"
            for field in dataclasses.fields(method)
        ]
        return f"{type(method).__name__}({', '.join(parts)})"
    if isinstance(method, (bool, int, float, str, np.generic)):
        return repr(method)
    if isinstance(method, np.ndarray):
        if method.size > _FEW:
            digest = hashlib.sha256(np.ascontiguousarray(method).tobytes()).hexdigest()
            return f"{method.dtype}{list(method.shape)} {digest[:16]}"
        return repr(method.tolist())
    return type(method).__name__
