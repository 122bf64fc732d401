"""How a mean loss curves at a point, and the coordinates in which it curves alike along all."""

from __future__ import annotations

import dataclasses

import numpy as np

from talweg.regression.models.fit_objective import Problem

__all__ = ["FLATTEST", "Metric"]

FLATTEST = 1e-11
"""Of the largest: a singular value that counts."""

_EPS = float(np.finfo(float).eps)


@dataclasses.dataclass(frozen=True)
class Metric:
    r"""How the mean loss curves at a point, by its Gauss-Newton matrix.

    Attributes
    ----------
    spread : (p, m) ndarray
        Directions of the free coordinates along which the curvature is 1.
    gradient : (p,) ndarray
        Of the mean loss.
    offset : float
        The gradient along those directions, beside the residuals: the relative offset of Bates and
        Watts [1]_, a hundredth of which is a hundredth of a standard error times the root of n.
    far, noise : float
        Such a gradient at offset 1; and what rounding leaves of it.
    flattest : float
        The smallest singular value beside the largest, before it was raised.
    information : float
        See `Problem.information`.

    References
    ----------
    .. [1] D. M. Bates and D. G. Watts, "A relative offset orthogonality convergence criterion for
       nonlinear least squares", Technometrics 23, 179-183, 1981.
    """

    spread: np.ndarray
    gradient: np.ndarray
    offset: float
    far: float
    noise: float
    flattest: float
    information: float

    @classmethod
    def at(cls, problem: Problem, vector: np.ndarray, free: np.ndarray, least: float) -> Metric:
        """Compute it; singular values below `least` times the largest are raised to that."""
        with np.errstate(all="ignore"):
            eta, jacobian = problem.model.with_jacobian(vector, free)
            share, psi = problem.share.ravel(), problem.slope(eta)
            rows = np.sqrt(share * problem.curvature(eta))
            gradient = np.zeros(vector.size)
            gradient[free] = jacobian.T @ (share * psi)
            matrix = rows[:, None] * jacobian
        if not (np.isfinite(matrix).all() and np.isfinite(gradient).all()):
            raise FloatingPointError("the derivatives are not finite")
        spread = np.zeros((vector.size, free.size))
        spread[free], flattest = _whitened(matrix, vector[free], least)
        along = float(np.abs(spread.T @ gradient).max(initial=0.0))
        level = float(np.sum(rows**2))
        far = float(np.sqrt(np.sum(share * psi**2) / max(level, 1e-300)))
        noise = 4.0 * _EPS * float(np.sqrt(np.sum((rows * eta) ** 2)))
        offset = 0.0 if along <= noise else along / max(far, 1e-300)
        information = problem.information(eta)
        return cls(spread, gradient, offset, far, noise, flattest, information)


def _whitened(matrix: np.ndarray, values: np.ndarray, least: float) -> tuple[np.ndarray, float]:
    """Return S such that the columns of matrix @ S are orthonormal, or nearly."""
    if matrix.shape[0] > 2 * matrix.shape[1]:
        matrix = np.asarray(np.linalg.qr(matrix, mode="r"))
    norms = np.linalg.norm(matrix, axis=0)
    # Where a parameter has no effect here, its own size is the scale.
    scales = np.where(norms > 0.0, norms, 1.0 / np.maximum(np.abs(values), 1.0))
    _, sizes, rows = np.linalg.svd(matrix / scales, full_matrices=True)
    all_sizes = np.zeros(values.size)
    all_sizes[: sizes.size] = sizes
    largest = max(float(all_sizes.max(initial=0.0)), 1e-300)
    flattest = float(all_sizes.min(initial=largest)) / largest
    raised = np.maximum(all_sizes, least * largest) if sizes.any() else np.ones(values.size)
    return (rows.T / raised) / scales[:, None], flattest
