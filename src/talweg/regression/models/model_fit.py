"""Fit any model to data, with any loss, by going downhill."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from talweg.minimization import minimize
from talweg.regression.losses import Loss, read_loss
from talweg.regression.models.covariance import covariance
from talweg.regression.models.fit_descent import check_start, descend_to_fit
from talweg.regression.models.fit_inputs import (
    read_parameters,
    read_targets,
    read_weight,
    read_x,
)
from talweg.regression.models.fit_objective import Problem, mean_loss
from talweg.regression.models.fit_report import Fit
from talweg.regression.models.model_values import Model
from talweg.result import Result

__all__ = ["fit"]

_MOST = 300  # free parameters up to which the model's derivatives are kept as a matrix
_LARGEST = 2**26  # numbers in that matrix


def fit(
    model: Callable[..., Any],
    params: Any,
    x: Any,
    y: Any,
    *,
    loss: str | Callable[..., Any] = "squared",
    fixed: Any = None,
    bounds: Any = None,
    weight: Any = None,
    method: Any = None,
    step: Any = None,
    max_iter: int | None = None,
    tol: float | None = None,
    delta: float | None = None,
    quantile: float | None = None,
    callback: Callable[..., Any] | None = None,
    **options: Any,
) -> Fit:
    r"""Fit a model's parameters to data by going downhill.

    Minimises the weighted mean of the loss,
    :math:`\sum_i w_i\, \rho(f(\theta, x)_i, y_i) / \sum_i w_i`.

    Parameters
    ----------
    model : callable
        ``model(params, x) -> predictions``, an array in the shape of `y`; written with
        ``jax.numpy``, ``numpy`` or ``autograd.numpy``. For ``logistic`` it gives the log odds, for
        ``poisson`` the log rate.
    params : dict, or any nest of dicts, lists and tuples of array_like
        Starting values: real floating-point numbers, scalars or arrays.
    x : array_like, nest of arrays, or data frame
        What the model predicts from, handed to it as it is, in double precision; a pandas or polars
        frame as a dict of its columns.
    y : (n,) array_like, or of any other shape
        The targets.
    loss : str or callable, default "squared"
        ``"squared"`` (halved), ``"huber"``, ``"absolute"``, ``"quantile"``, ``"logistic"``,
        ``"poisson"``, or a function ``loss(prediction, y)`` that returns the loss of each row; see
        `talweg.regression.losses.read_loss`.
    fixed : dict, or as params, optional
        True where a parameter is held at its starting value. May name some of them only.
    bounds : dict, or as in `talweg.minimize`, optional
        ``{"w0": (0, None)}``: lower and upper bounds, numbers or arrays; may name some parameters
        only.
    weight : array_like, as y, optional
        How much each target counts, not negative; by default all the same.
    method : str or method object, optional
        By default L-BFGS in coordinates scaled by the model's own derivatives, anew every few
        iterations, until the fit is as exact as double precision lets it be. A method by name, as
        in `talweg.minimize`, is run once, in the parameters as they are.
    step : float, callable or str, optional
        Of a method by name; see `talweg.minimize`.
    max_iter : int, default 15000
        Iterations after which to stop.
    tol : float, optional
        When to stop. By default (1e-10) it is the relative offset: how much of the residuals, as a
        vector, lies along what the parameters could still change. With a `method` it is the largest
        component of the gradient, as in `talweg.minimize`.
    delta : float, default 1.0
        Of ``"huber"``: from which residual on it grows in proportion.
    quantile : float, default 0.5
        Of ``"quantile"``: which one.
    callback : callable, optional
        As in `talweg.minimize`; it is told the parameters.
    **options
        The method's own, where one is named.

    Returns
    -------
    Fit
        A `talweg.Result` with the parameters, their standard errors, predictions, residuals and
        measures of fit.

    Raises
    ------
    TypeError
        If an argument is of the wrong type, or an option means nothing to the loss or the method.
    ValueError
        If a name, a shape or a number isn't usable: NaN and infinities in the data, targets that
        the loss isn't made for, predictions of another shape than `y` or that aren't finite at the
        start, names that are no parameters.

    Notes
    -----
    Standard errors are described in `talweg.regression.models.covariance.covariance`. Parameters
    that are held or end at a bound don't count among them. There may be more parameters than
    targets: the fit is then one of many, and the note says so.

    ``absolute`` and ``quantile`` are descended with their kink rounded off to a parabola, over
    residuals that become smaller from one descent to the next [1]_; the targets that are then met
    are solved for.

    References
    ----------
    .. [1] K. Madsen and H. B. Nielsen, "A finite smoothing algorithm for linear l1 estimation",
       SIAM Journal on Optimization 3, 223-235, 1993.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.regression.models.model_fit import fit
    >>> x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0])
    >>> y = np.array([5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 9.0])
    >>> def line(w, x):
    ...     return w["w1"] * x + w["w0"]
    >>> found = fit(line, {"w0": 0.0, "w1": 0.0}, x, y)
    >>> round(float(found.params["w0"]), 10), round(float(found.params["w1"]), 10)
    (5.0, 0.5)

    One parameter held, another bounded:

    >>> found = fit(line, {"w0": 4.0, "w1": 0.0}, x, y, fixed={"w0": True}, bounds={"w1": (0, 0.6)})
    >>> round(float(found.params["w1"]), 10), found.at_bound.tolist()
    (0.6, [False, True])
    """
    if not callable(model):
        raise TypeError(f"model must be callable, not {type(model).__name__}")
    chosen = read_loss(loss, delta=delta, quantile=quantile)
    parameters = read_parameters(params, fixed, bounds)
    targets = read_targets(y, chosen)
    weights = read_weight(weight, targets)
    problem = Problem(
        Model(model, parameters.structure, read_x(x)), parameters, chosen, targets,
        weights / weights.sum(),
    )  # fmt: skip
    check_start(problem)
    if method is None:
        unused = {"step": step, **options}
        given = [name for name, value in unused.items() if value is not None]
        if given:
            raise TypeError(f"{given[0]} is an option of a method: name one, as method='gradient'")
        free = int((~parameters.held).sum())
        if free <= _MOST and free * targets.size <= _LARGEST:
            found = descend_to_fit(problem, max_iter, tol, callback)
            return _dress(problem, weights, found)
        method, tol = "lbfgs", 1e-9 if tol is None else tol
    shaped = parameters.structure.to_user
    found = minimize(
        mean_loss, shaped(parameters.start.copy()),
        (model, chosen.per_row, problem.model.x, targets, problem.share), method=method, step=step,
        bounds=(shaped(parameters.lower), shaped(parameters.upper)) if parameters.bounded else None,
        fixed=shaped(parameters.held), max_iter=max_iter, tol=tol, callback=callback, **options,
    )  # fmt: skip
    return _dress(problem, weights, found)


def _dress(problem: Problem, weights: np.ndarray, found: Result) -> Fit:
    """Return the result with what the data say of the parameters."""
    parameters, loss, y = problem.parameters, problem.loss, problem.y
    vector = parameters.structure.ravel(found.x, "params", float)
    eta = problem.model.values(vector)
    at_bound = ~parameters.held & ((vector <= parameters.lower) | (vector >= parameters.upper))
    inner = np.flatnonzero(~(parameters.held | at_bound))
    shaped = parameters.structure.to_user
    matrix, errors, note = None, None, ""
    if inner.size > _MOST or inner.size * y.size > _LARGEST:
        note = f"no standard errors: {inner.size} parameters are too many"
    else:
        flat_eta, jacobian = problem.model.with_jacobian(vector, inner)
        sure = covariance(
            loss, flat_eta, y.ravel(), weights.ravel(), jacobian, parameters.held, at_bound,
            parameters.names,
        )  # fmt: skip
        matrix, note = sure.matrix, sure.note
        errors = None if sure.errors is None else shaped(sure.errors)
    result = Fit(found)
    result.update(
        params=found.x, standard_errors=errors, covariance=matrix, names=list(parameters.names),
        held=parameters.held.copy(), at_bound=at_bound, loss=loss.name, note=note,
        rows=int(np.count_nonzero(weights)), **_measures(loss, eta, y, weights, inner.size),
    )  # fmt: skip
    if "jac" not in result:  # which a descent in scaled coordinates doesn't give
        result.update(_gradient(problem, vector))
    return result.attach(problem.model.function, loss)


def _gradient(problem: Problem, vector: np.ndarray) -> dict[str, Any]:
    """Return the gradient in the parameters, and the norm of the projected one."""
    parameters = problem.parameters
    free, slope = np.flatnonzero(~parameters.held), np.zeros(vector.size)
    slope[free] = problem.value_and_slopes(vector, free)[1]
    moved = np.clip(vector - slope, parameters.lower, parameters.upper)
    norm = np.abs(np.where(parameters.held, 0.0, vector - moved)).max(initial=0.0)
    return {"jac": parameters.structure.to_user(slope), "gradient_norm": float(norm)}


def _measures(
    loss: Loss, eta: np.ndarray, y: np.ndarray, weights: np.ndarray, count: int
) -> dict[str, Any]:
    """Return predictions, residuals, and how good the fit is."""
    predictions = np.array(loss.mean(eta), float)
    with np.errstate(all="ignore"):
        deviance = float(np.sum(weights * loss.deviance(eta, y), where=weights > 0.0))
    r2 = residual_sd = None
    if loss.name == "squared" and loss.function is None:
        around = y - np.average(y, weights=weights)
        total = float(np.sum(weights * around**2))
        left = int(np.count_nonzero(weights)) - count
        r2 = 1.0 - deviance / total if total > 0.0 else np.nan
        residual_sd = float(np.sqrt(deviance / left)) if left > 0 else np.nan
    return {
        "predictions": predictions, "residuals": y - predictions, "deviance": deviance, "r2": r2,
        "residual_sd": residual_sd,
    }  # fmt: skip
