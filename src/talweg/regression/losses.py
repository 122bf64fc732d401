"""What a prediction that misses costs: the losses of regression, row by row."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from talweg.regression import loss_formulas as formulas

__all__ = ["LOSSES", "Loss", "read_loss"]

_DEFAULTS = {"huber": {"delta": 1.0}, "quantile": {"quantile": 0.5}}
"""The losses that have an option, and its default."""


@dataclasses.dataclass(frozen=True)
class Loss:
    r"""A loss: what each row costs, given what the model says of it.

    Made by `read_loss`. :math:`\eta` is the model's output for a row (the linear predictor, where
    the model is linear), y the target.

    Attributes
    ----------
    name : str
        One of `LOSSES`, or the name of the user's function.
    per_row : callable
        ``per_row(eta, y)``: the loss of each row. Works on NumPy arrays, on what JAX traces and on
        what autograd records.
    slope : callable
        ``slope(eta, y)``, NumPy: its derivative in `eta`; where there is a kink, zero, which is
        one of the subgradients there.
    curvature : callable
        ``curvature(eta, y)``, NumPy: its second derivative; zero for the losses made of straight
        lines.
    mean : callable
        ``mean(eta)``, NumPy: what is predicted, on the scale of `y`.
    deviance : callable
        ``deviance(eta, y)``, NumPy: each row's part of the deviance. For the squared loss the
        squared residual, for ``logistic`` and ``poisson`` twice how far the log likelihood is
        below that of a model that fits every row, for others twice the loss.
    smooth : bool
        Whether it has a derivative everywhere.
    delta, quantile : float or None
        Its options; None where it doesn't have them.
    function : callable or None
        The user's function, where the loss is one.

    Examples
    --------
    >>> import numpy as np
    >>> loss = read_loss("huber", delta=2.0)
    >>> loss.per_row(np.array([1.0, 5.0]), np.zeros(2))
    array([0.5, 8. ])
    >>> loss.slope(np.array([1.0, 5.0]), np.zeros(2))
    array([1., 2.])
    """

    name: str
    per_row: Callable[[Any, Any], Any] = dataclasses.field(compare=False, repr=False)
    slope: Callable[[Any, Any], Any] = dataclasses.field(compare=False, repr=False)
    curvature: Callable[[Any, Any], Any] = dataclasses.field(compare=False, repr=False)
    mean: Callable[[Any], Any] = dataclasses.field(compare=False, repr=False)
    deviance: Callable[[Any, Any], Any] = dataclasses.field(compare=False, repr=False)
    smooth: bool = True
    delta: float | None = None
    quantile: float | None = None
    function: Callable[..., Any] | None = None

    def check_target(self, y: Any, name: str = "y") -> None:
        """Raise where a value of the target is none that the loss is made for.

        Parameters
        ----------
        y : array_like of float, int or bool
            Any shape.
        name : str, default "y"
            What the message calls it.

        Raises
        ------
        TypeError
            If it isn't made of real numbers.
        ValueError
            If a value is NaN or infinite; for ``logistic``, if one is neither 0 nor 1; for
            ``poisson``, if one is negative. The first one is named, with its place.

        Examples
        --------
        >>> read_loss("logistic").check_target([0, 1, 2], "bought")
        Traceback (most recent call last):
        ...
        ValueError: bought[2] is 2; the logistic loss takes 0 and 1 (False and True) only
        """
        array = np.asarray(y)
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{name} must be made of real numbers, not of {array.dtype}")
        _check(array, np.isfinite(array), name, "NaN and infinities can't be fitted")
        if self.name == "logistic" and self.function is None:
            allowed = (array == 0) | (array == 1)
            _check(array, allowed, name, "the logistic loss takes 0 and 1 (False and True) only")
        if self.name == "poisson" and self.function is None:
            allowed = array >= 0
            _check(array, allowed, name, "the poisson loss takes counts, which aren't negative")


def _check(array: np.ndarray, allowed: np.ndarray, name: str, why: str) -> None:
    if allowed.all():
        return
    place = np.unravel_index(int(np.argmin(allowed)), array.shape)
    index = f"[{', '.join(map(str, place))}]" if place else ""
    raise ValueError(f"{name}{index} is {array[place]}; {why}")


def read_loss(
    loss: str | Callable[..., Any] | Loss = "squared",
    *,
    delta: float | None = None,
    quantile: float | None = None,
) -> Loss:
    r"""Return a loss by its name, or one made of a function.

    Parameters
    ----------
    loss : str or callable, default "squared"
        With the residual :math:`r = y - \eta`:

        - ``"squared"``: :math:`r^2 / 2`
        - ``"huber"``: :math:`r^2 / 2` where :math:`|r| \le \delta`, else
          :math:`\delta (|r| - \delta / 2)` [1]_
        - ``"absolute"``: :math:`|r|`
        - ``"quantile"``: :math:`\max(q r, (q - 1) r)` [2]_
        - ``"logistic"``: :math:`\log(1 + e^\eta) - y \eta`, y 0 or 1 [3]_
        - ``"poisson"``: :math:`e^\eta - y \eta`, y not negative [3]_

        or a function ``loss(prediction, y)`` that returns the loss of each row, as an array in the
        shape of `prediction`. It is written with ``jax.numpy`` or ``numpy``; a row's loss may
        depend on that row alone. It may not return one number for all rows: rows are weighted, and
        handed over in blocks, by what calls it.
    delta : float, default 1.0
        Of ``"huber"``: from which residual on it grows in proportion. In the units of y, positive.
    quantile : float, default 0.5
        Of ``"quantile"``: which one, between 0 and 1, both excluded.

    Returns
    -------
    Loss

    Raises
    ------
    TypeError
        If `loss` is neither a name nor a function, or an option isn't one of this loss.
    ValueError
        If there is no loss of that name, or an option is out of its range.

    References
    ----------
    .. [1] P. J. Huber, "Robust estimation of a location parameter", Annals of Mathematical
       Statistics 35, 73-101, 1964.
    .. [2] R. Koenker and G. Bassett, "Regression quantiles", Econometrica 46, 33-50, 1978.
    .. [3] P. McCullagh and J. A. Nelder, "Generalized Linear Models", 2nd ed., Chapman and Hall,
       1989, chapters 4 and 6.

    Examples
    --------
    >>> float(read_loss("quantile", quantile=0.9).per_row(0.0, 2.0))
    1.8
    >>> float(read_loss("logistic").mean(0.0))
    0.5
    >>> cubic = read_loss(lambda prediction, y: abs(prediction - y) ** 3)
    >>> cubic.slope([3.0], [1.0])
    array([12.])
    """
    given = {"delta": delta, "quantile": quantile}
    if isinstance(loss, Loss):
        _check_options(f"the loss {loss.name!r}, which has its options already,", {}, given)
        return loss
    if isinstance(loss, str):
        if loss not in _FORMULAS:
            raise ValueError(f"there is no loss {loss!r}{_guess(loss)}: {', '.join(_FORMULAS)}")
        options = _check_options(f"the loss {loss!r}", _DEFAULTS.get(loss, {}), given)
        return _make(loss, **options)
    if not callable(loss):
        raise TypeError(f"loss must be a name or a function, not {type(loss).__name__}")
    name = getattr(loss, "__name__", type(loss).__name__)
    _check_options(f"a function as loss, {name},", {}, given)
    per_row, slope, curvature, deviance = (
        functools.partial(part, loss)
        for part in (
            formulas.of_function, formulas.function_slope, formulas.function_curvature,
            formulas.function_deviance,
        )
    )  # fmt: skip
    return Loss(name, per_row, slope, curvature, formulas.identity, deviance, function=loss)


def _guess(name: str) -> str:
    near = difflib.get_close_matches(name, _FORMULAS, 1, 0.5)
    return f"; did you mean {near[0]!r}? There are" if near else ". There are"


def _check_options(
    owner: str, defaults: Mapping[str, float], given: Mapping[str, float | None]
) -> dict[str, float]:
    """Return a loss's options, or say which one is none of it."""
    for option, value in given.items():
        if value is not None and option not in defaults:
            of = next(name for name, its in _DEFAULTS.items() if option in its)
            raise TypeError(f"{owner} has no option {option}; the loss {of!r} has")
    options = {}
    for option, default in defaults.items():
        value = given[option]
        options[option] = default if value is None else _number(value, option)
    if not 0.0 < options.get("delta", 1.0) < math.inf:
        raise ValueError(f"delta must be positive and finite, not {options['delta']}")
    if not 0.0 < options.get("quantile", 0.5) < 1.0:
        raise ValueError(
            f"quantile must be between 0 and 1, both excluded, not {options['quantile']}"
        )
    return options


def _number(value: Any, option: str) -> float:
    array = np.asarray(value)
    if array.ndim or array.dtype.kind not in "fiu":
        raise TypeError(f"{option} must be a number, not {value!r}")
    return float(array)


# Of each: value, slope, curvature, mean, and deviance where it isn't twice the value.
_FORMULAS: dict[str, tuple[Any, Any, Any, Any, Any]] = {
    "squared": (
        formulas.squared, formulas.squared_slope, formulas.squared_curvature, formulas.identity,
        formulas.squared_deviance,
    ),
    "huber": (
        formulas.huber, formulas.huber_slope, formulas.huber_curvature, formulas.identity, None,
    ),
    "absolute": (
        formulas.absolute, formulas.absolute_slope, formulas.straight, formulas.identity, None,
    ),
    "quantile": (
        formulas.quantile, formulas.quantile_slope, formulas.straight, formulas.identity, None,
    ),
    "logistic": (
        formulas.logistic, formulas.logistic_slope, formulas.logistic_curvature,
        formulas.probability, None,
    ),
    "poisson": (
        formulas.poisson, formulas.poisson_slope, formulas.poisson_curvature, formulas.rate,
        formulas.poisson_deviance,
    ),
}  # fmt: skip


def _make(name: str, **options: Any) -> Loss:
    """Return a loss with its options bound to its formulas."""
    per_row, slope, curvature, mean, deviance = _FORMULAS[name]
    if options:
        bound = (functools.partial(part, **options) for part in (per_row, slope, curvature))
        per_row, slope, curvature = bound
    if deviance is None:
        deviance = functools.partial(formulas.twice, per_row)
    smooth = name not in ("absolute", "quantile")
    return Loss(name, per_row, slope, curvature, mean, deviance, smooth, **options)


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {name: _make(name, **_DEFAULTS.get(name, {})) for name in _FORMULAS}
)
"""The losses by name, each with its default options."""
