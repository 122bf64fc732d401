"""Run a descent to its end."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import scipy.optimize

from talweg.descent import descend
from talweg.result import Result
from talweg.state import State

__all__ = ["minimize", "read_callback"]


def minimize(
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
    callback: Callable[..., Any] | None = None,
    **options: Any,
) -> Result:
    r"""Minimise a function by going downhill along its automatic gradient.

    Parameters
    ----------
    fun : callable
        The objective ``fun(x, *args) -> float``, written with ``jax.numpy``, plain ``numpy`` or
        ``autograd.numpy``. What JAX can trace is compiled; the rest is evaluated in Python and
        differentiated by autograd.
    x0 : array_like or nest of dicts, lists and tuples of array_like
        Where to start: real floating-point numbers. A list of plain numbers is one array.
    args : tuple, optional
        Passed on to `fun`. Anything but a tuple is its one extra argument.
    method : str, optax.GradientTransformation or method object, default "lbfgs"
        ``"lbfgs"``, ``"conjugate_gradient"`` (linear where `fun` is seen to be quadratic and there
        are no bounds), ``"barzilai_borwein"``, ``"gradient"``, ``"momentum"``, ``"nesterov"``,
        ``"sign"``, ``"adam"``, ``"newton"`` (for up to 1000 unknowns), or any optax
        transformation, as ``optax.adamw(0.01)``.
    step : float, callable, str or step object, optional
        A size, a schedule ``k -> size`` for the iterations k = 0, 1, ..., ``"backtracking"``,
        ``"nonmonotone"`` or ``"strong_wolfe"``. By default the method's own: strong Wolfe for
        ``lbfgs`` and ``conjugate_gradient``, nonmonotone for ``barzilai_borwein``, 0.001 for
        ``adam``, else backtracking.
    bounds : (lower, upper), list of (low, high) pairs or scipy.optimize.Bounds, optional
        The box. `lower` and `upper` are numbers, arrays, or nests like `x0`; None for no bound.
    fixed : bool, array_like of bool or nest of those, as x0, optional
        True where a coordinate is held.
    max_iter : int, default 15000
        Iterations after which to stop.
    tol : float, default 1e-6 (1e-4 in float32)
        Stop when the largest absolute component of the projected gradient
        :math:`x - P(x - \nabla f(x))` is at most this; without bounds, of the gradient.
    step_tol : float, optional
        Stop when the root mean square change of the free coordinates was at most this in three
        iterations running.
    jac : callable or True, optional
        The gradient, where you have one that the automatic one can't replace:
        ``jac(x, *args) -> gradient`` in the structure of x, or True where `fun` returns the value
        and the gradient. The function is then evaluated in Python.
    batches : iterable, optional
        Descend stochastically: ``fun(x, batch, *args)`` gets another batch (an array, or a nest of
        them) at every evaluation, until there is none left. Takes a method that compares nothing
        between evaluations, with a step size or a schedule. There is no tolerance then but the
        one that you give, and the last point is returned, not the lowest value, which would be
        that of the easiest batch.
    resume : Result, optional
        Go on where this result's descent stopped, as if it had not: the same iterates, bit for
        bit. `x0` gives the structure and the held coordinates, all other arguments are to be the
        same; `max_iter` and the trace count from the first start. Of `batches`, give the rest.
    escape : bool or "perturb", default False
        What to do where the descent comes to rest at a saddle or a maximum. True: step along the
        most negative curvature and go on, as often as it takes; ``"perturb"``: the same by random
        steps, without second derivatives. False: stop there. The result says that it is a saddle
        or a maximum (`success` is False) where some free coordinate never moved, which is how
        descents get there, of at most 100 coordinates; `critical_point` says it of any point.
    callback : callable, optional
        Called after every iteration, as SciPy does: ``callback(intermediate_result=result)`` if
        its one parameter has that name, else ``callback(x)``. Raising ``StopIteration`` ends the
        run, and the best point is kept.
    **options
        The method's own: `momentum` for ``momentum`` and ``nesterov`` (default 0.9), `memory` for
        ``lbfgs`` (default 7), `beta1`, `beta2` and `epsilon` for ``adam`` (0.9, 0.999, 1e-8).

    Returns
    -------
    Result
        With the best finite point seen, in float32 if all of `x0` is, else in float64.

    Raises
    ------
    TypeError
        If `x0` isn't made of floating-point numbers, `fun` can't be differentiated, or an option
        means nothing to the method.
    ValueError
        If a number, a shape or a name isn't usable; if the value of `fun` isn't a single number,
        or it or its gradient isn't finite at `x0`; if `resume` is of another kind of descent.

    See Also
    --------
    descend : The same, iterate by iterate.

    Notes
    -----
    A compiled objective is found again at the next call by its code and by the values that it
    reads besides its arguments (closure, globals, defaults), so that equal lambdas share one
    compilation, and a changed global is noticed. What a module or an object with slots holds is
    not looked into: pass it in `args`.

    Examples
    --------
    A function in plain NumPy, of a dict, one entry held:

    >>> import numpy as np
    >>> import talweg
    >>> x, y = np.array([1.0, 2.0, 3.0]), np.array([5.5, 6.0, 6.5])
    >>> def loss(w):
    ...     return np.mean((w["w1"] * x + w["w0"] - y) ** 2) / 2
    >>> result = talweg.minimize(loss, {"w0": 0.0, "w1": 0.5}, fixed={"w0": False, "w1": True})
    >>> {name: round(float(value), 6) for name, value in result.x.items()}
    {'w0': 5.0, 'w1': 0.5}
    """
    tell = read_callback(callback)
    stream = descend(
        fun, x0, args, method=method, step=step, bounds=bounds, fixed=fixed, max_iter=max_iter,
        tol=tol, step_tol=step_tol, jac=jac, batches=batches, resume=resume, escape=escape,
        every=None if callback is None else 1, **options,
    )  # fmt: skip
    stop, told = None, None
    while True:
        try:
            state = stream.send(stop)
        except StopIteration as end:
            return Result.of(end.value)
        # SciPy calls back after iterations only; and the last state may be the one before it again.
        stop = told is not None and state.iteration > told and tell(state)
        told = state.iteration


def read_callback(callback: Callable[..., Any] | None) -> Callable[[State], bool]:
    """Return a function that calls the user's callback, and says whether it asked to stop."""
    if callback is None:
        return lambda _: False
    if not callable(callback):
        raise TypeError(f"callback must be callable, not {type(callback).__name__}")
    try:
        wants_result = set(inspect.signature(callback).parameters) == {"intermediate_result"}
    except (TypeError, ValueError):  # a built-in without a signature
        wants_result = False

    def tell(state: State) -> bool:
        try:
            if wants_result:
                result = scipy.optimize.OptimizeResult(
                    x=state.x, fun=state.fun, nit=state.iteration, nfev=state.evaluations,
                    gradient_norm=state.gradient_norm, step=state.step,
                )  # fmt: skip
                callback(intermediate_result=result)
            else:
                callback(state.x)
        except StopIteration:
            return True
        return False

    return tell
