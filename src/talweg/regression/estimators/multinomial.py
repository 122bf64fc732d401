"""Multinomial logistic regression: the softmax of one linear predictor a class."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from talweg.regression.l1_parts import L1Parts
from talweg.regression.linear.coordinates import Coordinates, scaled, whitened
from talweg.regression.padded_descent import padded_descent
from talweg.regression.rows import ArrayRows
from talweg.regression.squares.moments import gather_moments
from talweg.state import Trace

__all__ = ["MultinomialFit", "fit_multinomial"]


@dataclasses.dataclass(frozen=True)
class MultinomialFit:
    """What `fit_multinomial` found.

    Attributes
    ----------
    coefficients : (K, d) ndarray
    intercepts : (K,) ndarray
    nit : int
    success : bool
    message : str
    trace : Trace
    history : list of (epoch, loss, intercepts, coefficients)
    """

    coefficients: np.ndarray
    intercepts: np.ndarray
    nit: int
    success: bool
    message: str
    trace: Trace
    history: list[Any]


def fit_multinomial(
    x: np.ndarray, codes: np.ndarray, weight: np.ndarray | None, *, classes: int, intercept: bool,
    l1: float, l2: float, max_iter: int, tol: float,
) -> MultinomialFit:  # fmt: skip
    r"""Fit one linear predictor a class.

    Minimises, with the weights :math:`w_i` and their sum W,

    .. math:: \frac{1}{W} \sum_i w_i \left( \log \sum_k e^{\eta_{ik}} - \eta_{i y_i} \right)
              + \frac{\lambda_2}{2} \lVert B \rVert^2 + \lambda_1 \lVert B \rVert_1, \qquad
              \eta_{ik} = b_{0k} + x_i^T b_k

    by L-BFGS in whitened coordinates. With an l1 penalty, every coefficient is the difference of
    two numbers that are at least zero: what the penalty leaves out is zero exactly. Adding a
    constant to all classes' parameters changes no probability: the intercepts returned, and
    without a penalty the coefficients, sum to zero.

    Parameters
    ----------
    x : (n, d) ndarray
    codes : (n,) ndarray of int
        The class of each row, from 0 to K - 1.
    weight : (n,) ndarray or None
    classes : int
        K.
    intercept : bool
    l1, l2 : float
    max_iter, tol
        As in `talweg.minimize`; of the mean loss, in whitened coordinates.

    Returns
    -------
    MultinomialFit

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]])
    >>> fit = fit_multinomial(x, np.array([0, 1, 0, 1, 2, 2]), None, classes=3, intercept=True,
    ...                       l1=0.0, l2=0.01, max_iter=200, tol=1e-8)
    >>> (fit.intercepts + x * fit.coefficients[:, 0]).argmax(axis=1)
    array([0, 0, 1, 1, 2, 2])
    """
    total = float(len(codes) if weight is None else weight.sum())
    share = (np.ones(len(codes)) if weight is None else weight) / total
    center = share @ x if intercept else np.zeros(x.shape[1])
    columns = x - center
    moments = gather_moments(ArrayRows(columns, np.zeros(len(codes)), share))
    if l1 > 0.0:
        coordinates = scaled(moments, intercept)
    else:
        coordinates = whitened(moments, intercept, 1.0 / classes, l2)
    softmax = _Softmax(columns, codes, share, classes, coordinates, l2)
    penalty = np.zeros((classes, coordinates.size))
    if l1 > 0.0:  # the coordinates are multiples of the coefficients
        penalty[:, : coordinates.rank] = l1 * np.diag(coordinates.turn)
    parts = L1Parts(softmax, penalty.ravel())
    course: list[np.ndarray] = []
    result = padded_descent(
        parts, parts.split(np.zeros(penalty.size)), lambda u, _: course.append(parts.join(u)),
        lower=parts.lower if l1 > 0.0 else None, max_iter=max_iter, tol=tol,
    )  # fmt: skip

    def parameters(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        level, b = softmax.unpack(u)
        if l1 == 0.0:
            b = b - b.mean(axis=0)  # which is what it is but for rounding
        level = level - b @ center
        return (level - level.mean() if intercept else level), b

    history = [
        (epoch, float(fun), *parameters(u))
        for epoch, (u, fun) in enumerate(zip(course, result.trace.fun, strict=False))
    ]
    level, b = parameters(parts.join(result.x))
    return MultinomialFit(
        b, level, result.nit, bool(result.success), result.message, result.trace, history
    )


@dataclasses.dataclass
class _Softmax:
    """The mean loss, of the coordinates of all classes' parameters, one class after the other."""

    columns: np.ndarray
    codes: np.ndarray
    share: np.ndarray
    classes: int
    coordinates: Coordinates
    l2: float

    def __post_init__(self) -> None:
        self._ordinal = np.arange(len(self.codes))

    def unpack(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the intercepts and the coefficients, of the columns here."""
        u = u.reshape(self.classes, -1)
        rank = self.coordinates.rank
        b = u[:, :rank] @ self.coordinates.turn.T
        if not self.coordinates.intercept:
            return np.zeros(self.classes), b
        return self.coordinates.level * u[:, -1] - b @ self.coordinates.mean, b

    def __call__(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        level, b = self.unpack(u)
        eta = b @ self.columns.T + level[:, None]
        eta -= eta.max(axis=0)
        own = eta[self.codes, self._ordinal]
        odds = np.exp(eta, out=eta)
        sums = odds.sum(axis=0)
        value = float(self.share @ (np.log(sums) - own)) + 0.5 * self.l2 * float(np.sum(b * b))
        slope = odds
        slope *= self.share / sums
        slope[self.codes, self._ordinal] -= self.share
        slopes, rise = slope @ self.columns, slope.sum(axis=1)
        if not self.coordinates.intercept:
            return value, ((slopes + self.l2 * b) @ self.coordinates.turn).ravel()
        along = slopes - np.outer(rise, self.coordinates.mean) + self.l2 * b
        up = self.coordinates.level * rise
        return value, np.column_stack([along @ self.coordinates.turn, up]).ravel()
