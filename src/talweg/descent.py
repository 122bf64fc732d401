"""Go downhill from a point, and tell what happens."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Any

from talweg.batches import read_batched_objective
from talweg.checkpoint import read_checkpoint
from talweg.constraints import read_constraints
from talweg.ending import Ending
from talweg.escape import read_guard
from talweg.limits import read_limits
from talweg.methods import LinearConjugateGradient, check_stochastic, read_method
from talweg.objective import read_objective
from talweg.run import Run
from talweg.second_derivatives import with_hessian
from talweg.state import State
from talweg.structure import read_start

__all__ = ["descend"]


def descend(
    fun: Callable[..., Any],
    x0: Any,
    args: Any = (),
    *,
    method: Any = "lbfgs",
    step: Any = None,
    bounds: Any = None,
    fixed: Any = None,
    max_iter: int | None = None,
    tol: float | None = None,
    step_tol: float | None = None,
    jac: Any = None,
    batches: Iterable[Any] | None = None,
    resume: Any = None,
    escape: bool | str = False,
    every: int | None = 1,
    **options: Any,
) -> Generator[State, Any, Ending]:
    """Go downhill and yield every iterate on the way, the start first.

    Parameters are those of `minimize`, and:

    Parameters
    ----------
    every : int or None, default 1
        Yield each `every`-th iterate, and the first and the last. None: about twenty times a
        second, and not before the first few iterations, which costs less. The trace holds every
        iterate either way.

    Yields
    ------
    State
        Send anything true into the generator to end the descent there.

    Returns
    -------
    Ending
        As the value of the ``StopIteration``: the best point, and the trace.

    Raises
    ------
    ValueError, TypeError
        As `minimize`, at the first ``next``.

    Examples
    --------
    >>> import talweg
    >>> for state in talweg.descend(lambda x: x**2 / 2, 8.0, method="gradient", step=0.5):
    ...     print(state.iteration, state.x)
    ...     if state.iteration == 3:
    ...         break
    0 8.0
    1 4.0
    2 2.0
    3 1.0
    """
    structure, start = read_start(x0)
    constraints, start, note = read_constraints(bounds, fixed, structure, start)
    chosen = read_method(method, step, options)
    if batches is None:
        objective = read_objective(fun, structure, start, args, jac)
    else:
        check_stochastic(chosen, jac)
        objective = read_batched_objective(fun, batches, structure, start, args)
    plain = objective
    if getattr(chosen, "needs_hessian", False):
        objective = with_hessian(objective)
    linear = isinstance(method, str) and method == "conjugate_gradient" and step is None
    if linear and not constraints.bounded and objective.is_quadratic():
        chosen = LinearConjugateGradient(checked=False)
    if constraints.bounded and isinstance(chosen, LinearConjugateGradient):
        raise TypeError("LinearConjugateGradient takes no bounds; use method='conjugate_gradient'")
    held = 0 if constraints.fixed is None else int(constraints.fixed.sum())
    limits = read_limits(
        structure.dtype, max_iter=max_iter, tol=tol, step_tol=step_tol, every=every,
        free=structure.size - held, stochastic=batches is not None,
    )  # fmt: skip
    args = args if isinstance(args, tuple) else (args,)

    def classify(vector: Any) -> Any:
        from talweg.classification import critical_point  # which few descents need

        return critical_point(fun, structure.to_user(vector), args, fixed=fixed, bounds=bounds)

    guard = read_guard(
        escape, classify, plain.evaluate, constraints, float(limits.tol),
        given_gradient=jac is not None, batches=batches is not None,
    )  # fmt: skip
    notes = [note] if note else []
    run = Run(objective, chosen, constraints, limits, start, batches is None, notes, guard)
    if resume is not None:
        run.resume(read_checkpoint(resume))
    return (yield from run.states(every))
