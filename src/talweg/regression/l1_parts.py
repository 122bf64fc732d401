r"""A function with an L1 penalty, as a smooth function of positive and of negative parts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["L1Parts"]


class L1Parts:
    r"""A function and :math:`\sum_j \lambda_j |u_j|`, of parts that are not below zero.

    With :math:`u = p - q`, p and q not negative, the penalty is :math:`\sum_j \lambda_j (p_j +
    q_j)`: linear. What isn't penalised has no second part, and no bound.

    Parameters
    ----------
    objective : callable
        Returns its value and its gradient.
    penalty : (k,) ndarray
        The factors :math:`\lambda_j`; 0 where there is no penalty.

    Attributes
    ----------
    lower : ndarray
        Lower bounds of the parts: all of p, and q where there is a penalty.

    Examples
    --------
    >>> import numpy as np
    >>> parts = L1Parts(lambda u: (float(u @ u), 2 * u), np.array([0.5, 0.0]))
    >>> parts.split(np.array([-3.0, -2.0]))
    array([ 0., -2.,  3.])
    >>> parts(np.array([0.0, -2.0, 3.0]))
    (14.5, array([-5.5, -4. ,  6.5]))
    """

    def __init__(
        self, objective: Callable[[np.ndarray], tuple[float, np.ndarray]], penalty: np.ndarray
    ) -> None:
        self.objective, self.penalty = objective, penalty
        self.penalised = penalty > 0.0
        first = np.where(self.penalised, 0.0, -np.inf)
        self.lower = np.append(first, np.zeros(int(self.penalised.sum())))

    def split(self, u: np.ndarray) -> np.ndarray:
        """Return the parts of a point."""
        plus = np.where(self.penalised, np.maximum(u, 0.0), u)
        return np.append(plus, np.maximum(-u[self.penalised], 0.0))

    def join(self, parts: np.ndarray) -> np.ndarray:
        """Return the point that the parts make up."""
        u = parts[: self.penalty.size].copy()
        u[self.penalised] -= parts[self.penalty.size :]
        return u

    def __call__(self, parts: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the value and the gradient."""
        value, gradient = self.objective(self.join(parts))
        size, minus = self.penalty.size, parts[self.penalty.size :]
        costs = self.penalty[self.penalised]
        value += float(self.penalty @ parts[:size] + costs @ minus)
        return value, np.append(gradient + self.penalty, costs - gradient[self.penalised])
