r"""Linear models with any loss, by as few passes over the rows as it takes.

.. math:: \min_{b_0, b}\; \frac{1}{W} \sum_i w_i\, \ell(b_0 + x_i^T b,\, y_i)
          + \frac{\lambda_2}{2} \lVert b \rVert^2 + \lambda_1 \lVert b \rVert_1

The way is chosen by the loss:

- ``squared``: one pass gathers the products of the columns, and everything else is done on them
  (`talweg.regression.squares.least_squares`); with an L1 penalty, a descent on them;
- ``huber``, ``logistic``, ``poisson`` and functions: one pass gathers the products, which give
  coordinates in which the loss curves alike in all directions; there L-BFGS descends, one pass an
  evaluation, about a dozen of them. With `batch`, an averaged descent by mini-batches goes before,
  and saves some of these passes where the table is long;
- ``absolute`` and ``quantile``: exactly, see `talweg.regression.linear.quantile`;
- with a `method` or `step`: that descent, on the columns as they are.

The L1 penalty is descended in the positive and the negative parts of the coefficients, which it is
linear in, inside the box of what isn't negative [1]_: its projection is the proximal step (soft
thresholding), and leaves exact zeros.

References
----------
.. [1] M. Schmidt, G. Fung and R. Rosales, "Fast optimization methods for L1 regularization: a
   comparative study and two new approaches", ECML 2007, 286-297.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from talweg.regression.linear.linear_descent import Course
from talweg.regression.linear.linear_result import LinearFit
from talweg.regression.linear.linear_ways import LinearProblem
from talweg.regression.losses import Loss, read_loss
from talweg.regression.passes import Passes
from talweg.regression.rows import Rows
from talweg.regression.threads import one_thread

__all__ = ["fit_linear"]


def fit_linear(
    rows: Rows,
    loss: str | Callable[..., Any] | Loss = "squared",
    *,
    intercept: bool = True,
    l1: float = 0.0,
    l2: float = 0.0,
    delta: float | None = None,
    quantile: float | None = None,
    method: str | None = None,
    step: Any = None,
    start: Sequence[float] | np.ndarray | None = None,
    max_iter: int | None = None,
    tol: float | None = None,
    batch: int | None = None,
    epochs: int | None = None,
    seed: int = 0,
    errors: bool = True,
    target: str = "y",
    callback: Callable[..., Any] | None = None,
    tell: Callable[[int], object] | None = None,
    client: Any = None,
) -> LinearFit:
    """Fit a linear model to the rows of a table.

    Parameters
    ----------
    rows : Rows
        A table, or ``ArrayRows(x, y)``.
    loss : str, callable or Loss, default "squared"
        See `read_loss`.
    intercept : bool, default True
    l1, l2 : float, default 0
        Weights of the penalties, of coefficients only.
    delta, quantile : float, optional
        Of the losses ``huber`` and ``quantile``.
    method, step : optional
        As of `talweg.minimize`: descend so, on the columns as they are. A step alone means the
        method ``gradient``.
    start : (d,) or (d + 1,) array_like, optional
        Where to start; the intercept first, if there is one.
    max_iter : int, optional
        Iterations, by default 1000, or 15000 where a method is given.
    tol : float, default 1e-9
        Descend until no component of the gradient is larger than this share of a row's root mean
        square derivative, in coordinates where the loss curves alike; with a method, as of
        `talweg.minimize`.
    batch : int, optional
        Rows of a mini-batch: go before by `epochs` (default 1) passes of averaged descent.
    epochs : int, optional
    seed : int, default 0
        Of the batches.
    errors : bool, default True
        Whether standard errors and deviances are computed: one more pass where the loss isn't
        squared.
    target : str, default "y"
        What messages call the target.
    callback : callable, optional
        Called with an `Epoch` at the start and after every iteration. Raising ``StopIteration``
        ends the descent there.
    tell : callable, optional
        Told the number of rows done of each pass.
    client : distributed.Client or str, optional
        Make the passes on a cluster, see `talweg.regression.cluster`.

    Returns
    -------
    LinearFit

    Raises
    ------
    ValueError
        If a number is out of range, the target doesn't suit the loss, or an option means nothing
        with the others.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.regression.rows import ArrayRows
    >>> x = np.array([[1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [8.0]])
    >>> y = np.array([5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 9.0])
    >>> fit = fit_linear(ArrayRows(x, y))
    >>> round(fit.intercept, 10), fit.coefficients.round(10)
    (5.0, array([0.5]))
    >>> fit = fit_linear(ArrayRows(x, y), step=0.008, max_iter=5000, tol=0.0)
    >>> round(fit.intercept, 3), fit.coefficients.round(4)
    (4.999, array([0.5001]))
    """
    chosen = read_loss(loss, delta=delta, quantile=quantile)
    _check_penalties(chosen, l1, l2)
    _check_ways(chosen, method, step, start, batch, epochs, l1, max_iter, tol, client)
    course = Course(max_iter, tol, callback)
    with one_thread(len(rows.names)), _workers(client) as workers:
        passes = Passes(rows, chosen, target, tell, workers)
        problem = LinearProblem(passes, chosen, intercept, l1, l2, target, errors)
        if not chosen.smooth:
            return problem.exactly()
        if chosen.name == "squared" and method is None and step is None and not l1:
            return problem.by_least_squares()
        if method is not None or step is not None:
            return problem.as_told(method or "gradient", step, start, course)
        if l1:
            return problem.with_l1(start, course)
        return problem.whitened(start, batch, epochs, seed, course)


def _workers(client: Any) -> AbstractContextManager[Any]:
    """Connect with a cluster once, for all passes."""
    if client is None:
        return nullcontext()
    from talweg.regression.cluster_client import connected

    return connected(client)


def _check_penalties(loss: Loss, l1: float, l2: float) -> None:
    for name, value in (("l1", l1), ("l2", l2)):
        if not isinstance(value, (int, float)) or not 0.0 <= value < math.inf:
            raise ValueError(f"{name} is {value!r}: it must be a number of at least 0")
    if l2 and not loss.smooth:
        raise ValueError(f"l2 can't be had with the loss {loss.name!r}: use l1")


def _check_ways(
    loss: Loss, method: Any, step: Any, start: Any, batch: Any, epochs: Any, l1: float,
    max_iter: Any, tol: Any, client: Any,
) -> None:  # fmt: skip
    """Refuse options that would do nothing."""
    told = method is not None or step is not None
    direct = not loss.smooth or (loss.name == "squared" and not told and not l1)
    if told and l1:
        raise ValueError("l1 has its own descent: leave method and step out")
    if told and not loss.smooth:
        raise ValueError(f"the loss {loss.name!r} is fitted exactly: leave method and step out")
    if batch is not None:
        if told or direct or l1:
            raise ValueError(
                "batch goes before a descent by passes: give it with a loss such as huber, "
                "logistic or poisson, without l1, method and step"
            )
        if client is not None:
            raise ValueError("batch and a cluster can't be had together")
        if isinstance(batch, bool) or not isinstance(batch, int) or batch < 1:
            raise ValueError(f"batch is {batch!r}: it must be a whole number of at least 1")
    elif epochs is not None:
        raise ValueError("epochs counts passes by batches: give batch, or max_iter instead")
    if epochs is not None and (
        isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1
    ):
        raise ValueError(f"epochs is {epochs!r}: it must be a whole number of at least 1")
    for name, value in (("start", start), ("max_iter", max_iter), ("tol", tol)):
        if value is not None and direct:
            raise ValueError(f"{name} means nothing here: the loss {loss.name!r} is fitted exactly")
