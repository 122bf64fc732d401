"""Standard errors of a model's parameters, from how the loss curves at its minimum."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from talweg.regression.losses import Loss

__all__ = ["Covariance", "covariance"]

_DEPENDENT = 1e-11  # of the largest: a singular value of the scaled Jacobian that counts as none
_SHARE = 0.1  # of a direction's length: what a parameter that takes part in it has at least


@dataclasses.dataclass(frozen=True)
class Covariance:
    """How sure the parameters are.

    Attributes
    ----------
    matrix : (p, p) ndarray or None
        The covariance of all coordinates: zero in the rows of those that are held, NaN in those of
        coordinates at a bound. On the diagonal infinite where the data don't tell coordinates
        apart. None where the loss has no curvature to take it from.
    note : str
        What there is to say about it; empty where nothing.
    """

    matrix: np.ndarray | None
    note: str = ""

    @property
    def errors(self) -> np.ndarray | None:
        """The standard errors, (p,), or None."""
        if self.matrix is None:
            return None
        with np.errstate(invalid="ignore"):
            return np.sqrt(np.diag(self.matrix))


def covariance(
    loss: Loss,
    eta: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray,
    jacobian: np.ndarray,
    held: np.ndarray,
    at_bound: np.ndarray,
    names: Sequence[str],
) -> Covariance:
    r"""Return the covariance of the parameters of a fitted model.

    With :math:`J` the derivatives of what the model predicts, :math:`W` the weights, m parameters
    that are neither held nor at a bound and n rows whose weight isn't zero:

    - ``squared``: :math:`\sigma^2 (J^T W J)^{-1}` with :math:`\sigma^2 = \sum w r^2 / (n - m)`,
      the Gauss-Newton matrix for the Hessian, as R's ``nls`` and `scipy.optimize.curve_fit` have
      it [1]_.
    - ``logistic``, ``poisson``: the inverse of the expected information,
      :math:`(J^T W V J)^{-1}` with the variances V, which is the Hessian's inverse where the model
      is linear [2]_.
    - ``huber``: Huber's first proposal,
      :math:`k^2 \frac{\sum w \psi^2 / (n - m)}{(\overline{\psi'})^2} (J^T W J)^{-1}` with
      :math:`k = 1 + \frac{m}{n} \mathrm{var}(\psi') / (\overline{\psi'})^2` [3]_.
    - a function: the sandwich :math:`\frac{n}{n - m} B^{-1} M B^{-1}` with
      :math:`B = J^T W \mathrm{diag}(\rho'') J` and :math:`M = J^T W^2 \mathrm{diag}(\rho'^2) J`,
      where all curvatures are positive [3]_.
    - ``absolute``, ``quantile``: none; there is no curvature to take it from.

    Parameters
    ----------
    loss : Loss
    eta, y, weight : (n,) ndarray
        What the model gives, the targets, and how much each counts.
    jacobian : (n, m) ndarray
        By the coordinates that are neither held nor at a bound.
    held, at_bound : (p,) bool ndarray
    names : sequence of str
        Of the p coordinates, for the note.

    Returns
    -------
    Covariance

    References
    ----------
    .. [1] G. A. F. Seber and C. J. Wild, "Nonlinear Regression", Wiley, 1989, section 2.1.
    .. [2] P. McCullagh and J. A. Nelder, "Generalized Linear Models", 2nd ed., Chapman and Hall,
       1989, section 2.5.
    .. [3] P. J. Huber, "Robust Statistics", Wiley, 1981, sections 6.7 and 7.6.

    Examples
    --------
    The mean of three numbers:

    >>> import numpy as np
    >>> from talweg.regression.losses import LOSSES
    >>> free, ones = np.array([False]), np.ones(3)
    >>> y = np.array([1.0, 2.0, 6.0])
    >>> found = covariance(
    ...     LOSSES["squared"], 3.0 * ones, y, ones, ones[:, None], free, free, ["mean"])
    >>> found.errors.round(6), round(float(np.std(y, ddof=1) / np.sqrt(3)), 6)
    (array([1.527525]), 1.527525)
    """
    if not loss.smooth:
        return Covariance(
            None,
            f"no standard errors: the {loss.name} loss is made of straight lines, whose curvature "
            "says nothing; draw samples of the rows anew (bootstrap) for them",
        )
    inner = ~(held | at_bound)
    rows, m = int(np.count_nonzero(weight)), int(inner.sum())
    with np.errstate(all="ignore"):
        bread, size, why = _bread(loss, eta, y, weight, rows, m)
    if why:
        return Covariance(None, why)
    root = np.sqrt(bread)[:, None] * jacobian
    if not np.isfinite(root).all():
        return Covariance(None, "no standard errors: the model's derivatives aren't finite here")
    inverse, dependent = _inverse(root)
    if loss.function is not None:
        psi = weight * loss.slope(eta, y)
        meat = (psi[:, None] * jacobian).T @ (psi[:, None] * jacobian)
        block = size * (inverse @ meat @ inverse)
    else:
        block = size * inverse
    notes = [_of_few(rows, m, loss)] if rows <= m and loss.name in ("squared", "huber") else []
    if dependent.any():
        inside = [name for name, its in zip(np.array(names)[inner], dependent, strict=True) if its]
        notes.append(
            f"the data don't tell these parameters apart: {', '.join(inside)}; their standard "
            "errors are infinite"
        )
        block[dependent, :] = block[:, dependent] = np.nan
        block[dependent, dependent] = np.inf
    matrix = np.zeros((inner.size, inner.size))
    matrix[np.ix_(inner, inner)] = (block + block.T) / 2.0
    matrix[at_bound, :] = matrix[:, at_bound] = np.nan
    return Covariance(matrix, "; ".join(notes))


def _of_few(rows: int, m: int, loss: Loss) -> str:
    return (
        f"with {rows} target(s) beside {m} parameter(s) nothing tells how far the targets scatter, "
        f"which the {loss.name} loss needs: standard errors are infinite"
    )


def _bread(
    loss: Loss, eta: Any, y: Any, weight: np.ndarray, rows: int, m: int
) -> tuple[np.ndarray, float, str]:
    """Return what the squared derivatives are weighted with, and what the inverse is scaled by."""
    left = rows - m
    if loss.name == "squared" and loss.function is None:
        rss = float(np.sum(weight * (y - eta) ** 2))
        return weight, rss / left if left > 0 else np.inf, ""
    curvature = loss.curvature(eta, y)
    if loss.name == "huber" and loss.function is None:
        counted = weight / weight.sum()
        mean = float(counted @ curvature)
        if mean == 0.0:
            return weight, 0.0, "no standard errors: every residual is beyond delta"
        correction = 1.0 + m / rows * float(counted @ (curvature - mean) ** 2) / mean**2
        scatter = float(np.sum(weight * loss.slope(eta, y) ** 2))
        scatter = scatter / left if left > 0 else np.inf
        return weight, correction**2 * scatter / mean**2, ""
    bread = weight * curvature
    if loss.function is None:
        return bread, 1.0, ""
    if not (np.isfinite(bread).all() and (bread >= 0.0).all() and bread.any()):
        why = "no standard errors: the loss does not curve upwards at every residual"
        return bread, 0.0, why
    return bread, rows / left if left > 0 else np.inf, ""


def _inverse(root: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the inverse of root' root, and which columns depend on one another."""
    m = root.shape[1]
    if root.shape[0] > 2 * m:
        root = np.asarray(np.linalg.qr(root, mode="r"))
    norms = np.linalg.norm(root, axis=0)
    scales = np.where(norms > 0.0, norms, 1.0)
    _, sizes, rows = np.linalg.svd(root / scales, full_matrices=True)
    all_sizes = np.zeros(m)
    all_sizes[: sizes.size] = sizes
    kept = all_sizes > _DEPENDENT * max(float(all_sizes.max(initial=0.0)), 1e-300)
    dependent = (np.abs(rows[~kept]) > _SHARE).any(axis=0) | (norms == 0.0)
    inverse = np.where(kept, 1.0 / np.where(kept, all_sizes, 1.0), 0.0)[:, None] * rows / scales
    return inverse.T @ inverse, dependent
