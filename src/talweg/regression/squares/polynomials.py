"""Polynomials fitted by least squares, in a basis that is orthogonal on the data."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from talweg.regression.squares.orthogonal_polynomials import OrthogonalPolynomials

__all__ = ["PolynomialFit", "fit_polynomial"]

_MOST_PROJECTIONS = 50  # of the residuals; where the basis is orthogonal two are enough


@dataclasses.dataclass(frozen=True)
class PolynomialFit:
    r"""A polynomial fitted by least squares.

    Attributes
    ----------
    coefficients : (degree + 1,) float64 ndarray
        Of 1, x, x**2, ...
    standard_errors : (degree + 1,) float64 ndarray
        NaN where there are no more points than coefficients.
    residual_sd : float
        :math:`\sqrt{\mathrm{rss} / (n - p)}` with p coefficients; NaN where n is not above p.
    rss : float
        Weighted sum of the squared residuals.
    r2 : float
        1 - rss / tss; NaN for a constant y.
    condition : float
        2-norm condition number that least squares on the powers of x, centred and brought to unit
        length, would have had.
    basis : OrthogonalPolynomials
    components : (degree + 1,) ndarray
        Coefficients in that basis.
    covariance : (degree + 1, degree + 1) float64 ndarray
        Of the coefficients.
    """

    coefficients: np.ndarray
    standard_errors: np.ndarray
    residual_sd: float
    rss: float
    r2: float
    condition: float
    basis: OrthogonalPolynomials
    components: np.ndarray
    covariance: np.ndarray

    def predict(self, x: Any) -> np.ndarray:
        """Evaluate the polynomial, in its orthogonal basis.

        Parameters
        ----------
        x : array_like of float
            Any shape.

        Returns
        -------
        float64 ndarray
            Of the same shape.
        """
        points = np.asarray(x, float)
        values = self.components @ self.basis.evaluate(points.reshape(-1))
        return np.asarray(values, float).reshape(points.shape)


def fit_polynomial(x: Any, y: Any, degree: int, *, weight: Any = None) -> PolynomialFit:
    r"""Fit a polynomial by least squares, and find its coefficients in powers of x.

    Minimises :math:`\sum_i w_i (y_i - q(x_i))^2` over all polynomials q of the degree. In a basis
    that is orthogonal on the points each component is a projection, whatever the degree; only
    writing the polynomial in powers of x, where large terms cancel, costs digits. All of it is
    computed in NumPy's ``longdouble``, which has 64 binary digits on x86 and on some systems no
    more than float64.

    Parameters
    ----------
    x, y : (n,) array_like of float
        Finite.
    degree : int
        0 or more, and below the number of different x of positive weight.
    weight : (n,) array_like of float, optional
        Not negative; by default all count one.

    Returns
    -------
    PolynomialFit

    Raises
    ------
    ValueError
        If a value isn't finite, a weight is negative, lengths differ, there are too few different
        x for the degree, or it is too high for rounding to leave a basis.
    TypeError
        If the degree isn't an integer.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(7.0)
    >>> fit = fit_polynomial(x, 3.0 - x**2, 2)
    >>> fit.coefficients.round(12) + 0.0
    array([ 3.,  0., -1.])
    >>> fit.predict(10.0).round(9)
    np.float64(-97.0)
    """
    x, y, w = _check(x, y, weight, degree)
    basis = OrthogonalPolynomials.on(x, degree, w)
    values = basis.evaluate(x)
    components, residual = _project(basis, values, y, w)
    n, p = y.size, degree + 1
    rss = float(w @ residual**2)
    about = y - (w @ y) / w.sum()
    tss = float(w @ about**2) if np.any(y != y[0]) else 0.0
    variance = rss / (n - p) if n > p else math.nan
    powers = basis.powers()
    covariance = np.asarray((powers.T / basis.squares) @ powers, float) * variance
    return PolynomialFit(
        coefficients=np.asarray(components @ powers, float),
        standard_errors=np.sqrt(covariance.diagonal()),
        residual_sd=math.sqrt(variance) if n > p else math.nan,
        rss=rss, r2=1.0 - rss / tss if tss > 0.0 else math.nan, condition=basis.condition(),
        basis=basis, components=components, covariance=covariance,
    )  # fmt: skip


def _project(
    basis: OrthogonalPolynomials, values: np.ndarray, y: np.ndarray, w: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the components of y and what is left of it; residuals are projected as well."""
    components, residual = np.zeros(basis.squares.size, y.dtype), y
    length = np.sqrt(basis.squares)
    last = np.inf
    for _ in range(_MOST_PROJECTIONS):
        change = (values @ (w * residual)) / basis.squares
        size = float(np.abs(change * length).max())
        if not size < last:
            break
        components, last = components + change, size
        residual = y - components @ values
    if last > 1e-9 * float(np.sqrt(w @ y**2)):
        raise ValueError(
            f"degree {basis.squares.size - 1} is too high for these {y.size} points: rounding"
            " leaves no orthogonal basis; take a lower degree, or more points near the ends"
        )
    return components, residual


def _check(x: Any, y: Any, weight: Any, degree: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return all that was given as extended numbers, or say what is wrong with it."""
    if isinstance(degree, bool) or not isinstance(degree, (int, np.integer)):
        raise TypeError(f"degree must be an integer, not {type(degree).__name__}")
    given = {"x": x, "y": y, "weight": np.ones(np.shape(x)) if weight is None else weight}
    arrays = []
    for name, values in given.items():
        array = np.asarray(values, float)
        if array.ndim != 1:
            raise ValueError(f"{name} must have one dimension, not shape {array.shape}")
        if array.size != np.size(x):
            raise ValueError(f"x has {np.size(x)} values, but {name} has {array.size}")
        bad = ~np.isfinite(array)
        if bad.any():
            at = int(np.argmax(bad))
            raise ValueError(f"{name}[{at}] is {array[at]:g}; all values must be finite")
        arrays.append(array.astype(np.longdouble))
    w = arrays[2]
    if np.any(w < 0.0):
        at = int(np.argmax(w < 0.0))
        raise ValueError(f"weight[{at}] is {float(w[at]):g}; weights must not be negative")
    different = np.unique(arrays[0][w > 0.0]).size
    if not 0 <= degree < different:
        raise ValueError(
            f"degree must be 0 or more and below the number of different x, {different},"
            f" not {degree}"
        )
    return arrays[0], arrays[1], w
