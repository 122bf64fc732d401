"""Polynomials that are orthogonal on given points."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

__all__ = ["OrthogonalPolynomials"]


@dataclasses.dataclass(frozen=True)
class OrthogonalPolynomials:
    r"""Monic polynomials that are orthogonal on some points, by their three-term recurrence.

    .. math:: p_0 = 1, \quad p_1 = t - \alpha_0, \quad
              p_{k+1} = (t - \alpha_k) p_k - \beta_k p_{k-1}, \quad t = x / s

    Attributes
    ----------
    scale : number
        s, a power of two.
    alpha : (degree,) ndarray
        :math:`\alpha_k = \langle t p_k, p_k \rangle / \langle p_k, p_k \rangle`.
    beta : (degree,) ndarray
        :math:`\beta_k = \langle p_k, p_k \rangle / \langle p_{k-1}, p_{k-1} \rangle`, the first 0.
    squares : (degree + 1,) ndarray
        :math:`\langle p_k, p_k \rangle = \sum_i w_i p_k(x_i)^2`.

    References
    ----------
    .. [1] G. E. Forsythe, "Generation and use of orthogonal polynomials for data-fitting with a
       digital computer", Journal of the Society for Industrial and Applied Mathematics 5 (1957),
       74-88.

    Examples
    --------
    >>> import numpy as np
    >>> basis = OrthogonalPolynomials.on(np.array([-1.0, 0.0, 1.0]), 2)
    >>> basis.evaluate(np.array([-1.0, 0.0, 1.0])).astype(float).round(3)
    array([[ 1.   ,  1.   ,  1.   ],
           [-1.   ,  0.   ,  1.   ],
           [ 0.333, -0.667,  0.333]])
    """

    scale: Any
    alpha: np.ndarray
    beta: np.ndarray
    squares: np.ndarray

    @classmethod
    def on(
        cls, x: np.ndarray, degree: int, weight: np.ndarray | None = None
    ) -> OrthogonalPolynomials:
        """Find those up to a degree that are orthogonal on some points.

        Parameters
        ----------
        x : (n,) float ndarray
            Of its type is all that is computed.
        degree : int
            Below the number of different points.
        weight : (n,) float ndarray, optional
            Not negative.
        """
        scale = x.dtype.type(np.exp2(np.ceil(np.log2(max(float(np.abs(x).max()), 1e-300)))))
        t, w = x / scale, np.ones_like(x) if weight is None else weight.astype(x.dtype)
        alpha, beta = np.zeros(degree, x.dtype), np.zeros(degree, x.dtype)
        squares = np.zeros(degree + 1, x.dtype)
        before, now = np.zeros_like(t), np.ones_like(t)
        squares[0] = w.sum()
        for k in range(degree):
            alpha[k] = (w * t * now) @ now / squares[k]
            beta[k] = squares[k] / squares[k - 1] if k else 0.0
            before, now = now, (t - alpha[k]) * now - beta[k] * before
            squares[k + 1] = (w * now) @ now
        return cls(scale, alpha, beta, squares)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        """Return the values of all of them.

        Parameters
        ----------
        x : (n,) float ndarray

        Returns
        -------
        (degree + 1, n) ndarray
        """
        t = x.astype(self.alpha.dtype) / self.scale
        values = np.ones((self.squares.size, t.size), t.dtype)
        for k, (alpha, beta) in enumerate(zip(self.alpha, self.beta, strict=True)):
            values[k + 1] = (t - alpha) * values[k]
            if k:
                values[k + 1] -= beta * values[k - 1]
        return values

    def powers(self) -> np.ndarray:
        """Return their coefficients in the powers of x.

        Returns
        -------
        (degree + 1, degree + 1) ndarray
            Row k has those of the polynomial of degree k, of 1, x, x**2, ...
        """
        size = self.squares.size
        rows = np.zeros((size, size), self.alpha.dtype)
        rows[0, 0] = 1.0
        for k in range(size - 1):
            rows[k + 1, 1:] = rows[k, :-1]
            rows[k + 1] -= self.alpha[k] * rows[k]
            if k:
                rows[k + 1] -= self.beta[k] * rows[k - 1]
        powers: np.ndarray = rows / self.scale ** np.arange(size)
        return powers

    def condition(self) -> float:
        """Return the condition number of the powers of x as columns, centred and of unit length.

        In the 2-norm, and without ever forming the columns: what each power is in this basis
        follows from the recurrence.
        """
        size = self.squares.size
        now = np.zeros(size, self.alpha.dtype)
        now[0] = 1.0
        columns = []
        for _ in range(1, size):
            higher = np.zeros_like(now)
            higher[1:] = now[:-1]
            higher[:-1] += self.alpha * now[:-1]
            higher[:-1] += self._beta_above() * now[1:]
            now = higher
            columns.append((now * np.sqrt(self.squares))[1:])
        if not columns:
            return 1.0
        matrix = np.array(columns)
        matrix /= np.sqrt((matrix**2).sum(axis=1))[:, None]
        spectrum = np.linalg.svd(matrix.astype(float), compute_uv=False)
        return float(spectrum[0] / spectrum[-1]) if spectrum[-1] > 0.0 else math.inf

    def _beta_above(self) -> np.ndarray:
        """Return beta of the next index: what a polynomial hands down to the one before it."""
        ratios: np.ndarray = self.squares[1:] / self.squares[:-1]
        return ratios
