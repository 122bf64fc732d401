"""The curvatures of a function at a point, and what they say of how near a critical point is."""

from __future__ import annotations

import dataclasses

import numpy as np

from talweg.extreme_curvatures import extreme_curvatures
from talweg.hessian import Hessian

__all__ = ["Spectrum", "newton_step", "read_spectrum", "tolerance"]

DENSE = 300
"""Number of coordinates up to which all curvatures are computed."""

_ULPS = 4.0  # by which a point may be off for rounding alone
_SHIFTS = 3.0  # times a curvature's change that may hide its sign
_SOLVING = 30  # products that a Newton step may take


@dataclasses.dataclass(frozen=True)
class Spectrum:
    """Eigenvalues and eigenvectors of a Hessian: all of them, or both ends.

    Attributes
    ----------
    values : (k,) ndarray
        Ascending: all eigenvalues, or Ritz values between them, whose ends are estimates.
    vectors : (m, k) or (m, 2) ndarray
        The eigenvectors, one a column; of the lowest and of the highest value where not exact.
    exact : bool
        Whether these are all.
    settled : bool
        Whether the lowest value is known to a hundredth, or the highest where all are negative.
    error : float
        How far off that value may be.
    """

    values: np.ndarray
    vectors: np.ndarray
    exact: bool
    settled: bool = True
    error: float = 0.0

    @property
    def size(self) -> float:
        """The largest curvature, up or down."""
        return float(np.abs(self.values[[0, -1]]).max())

    def product(self, hessian: Hessian, vector: np.ndarray) -> np.ndarray:
        """Return the Hessian's product with a vector, from the eigenvalues where they suffice."""
        if not self.exact:
            return hessian.product(vector)
        image: np.ndarray = self.vectors @ (self.values * (self.vectors.T @ vector))
        return image


def read_spectrum(hessian: Hessian) -> Spectrum:
    """Compute the curvatures: all where there are few coordinates, else the lowest and the highest.

    Raises
    ------
    FloatingPointError
        If the Hessian isn't finite.
    """
    if hessian.size <= DENSE:
        matrix = hessian.dense()
        if not np.isfinite(matrix).all():
            raise FloatingPointError("the Hessian is not finite")
        values, vectors = np.linalg.eigh(matrix)
        return Spectrum(values, vectors, exact=True)
    found = extreme_curvatures(hessian.product, hessian.size, str(hessian.x.dtype))
    ends = np.stack([found.lowest_vector, found.highest_vector], axis=1)
    error = found.lowest_error if found.highest > 0.0 else found.highest_error
    return Spectrum(found.values, ends, False, found.settled, error)


def newton_step(
    hessian: Hessian, spectrum: Spectrum, slopes: np.ndarray, noise: float, tol: float, far: float
) -> tuple[np.ndarray, float]:  # fmt: skip
    r"""Return Newton's step :math:`-H^{-1} g` and how far it says that the critical point is.

    Where not all curvatures are known, a few iterations of MINRES look for the step. None are
    needed where the gradient is small, and the root mean square of a step of length
    :math:`\lVert g \rVert / |\lambda|`, with the lowest curvature found, is not too long: that is
    the distance then.

    Parameters
    ----------
    hessian : Hessian
    spectrum : Spectrum
    slopes : (m,) ndarray
        The gradient.
    noise, tol : float
        Components of it that are rounding, and that are small.
    far : float
        A distance that is too long.

    Returns
    -------
    step : (m,) ndarray
        Zero where it isn't known.
    distance : float
        Its largest component, or its root mean square; infinite where there is slope but no
        curvature, or where MINRES doesn't come near.
    """
    flat = hessian.size * np.finfo(hessian.x.dtype).eps * spectrum.size
    if spectrum.exact:
        along = spectrum.vectors.T @ slopes.astype(np.float64)
        along[np.abs(along) <= noise] = 0.0
        bent = np.abs(spectrum.values) > flat
        if np.any(along[~bent]):
            return np.zeros(hessian.size), np.inf
        lengths = np.divide(along, spectrum.values, out=np.zeros_like(along), where=bent)
        step = -spectrum.vectors @ lengths
        return step, float(np.abs(step).max())
    norm = float(np.abs(slopes).max())
    if norm <= noise:
        return np.zeros(hessian.size), 0.0
    lowest = abs(float(spectrum.values[0]))
    length = float(np.linalg.norm(slopes)) / np.sqrt(hessian.size)
    if norm <= tol and length <= far * lowest:
        return np.zeros(hessian.size), length / lowest
    if length > far * spectrum.size:  # no curvature there is could do it
        return np.zeros(hessian.size), np.inf if spectrum.size == 0.0 else length / spectrum.size
    return _solved(hessian, slopes)


def _solved(hessian: Hessian, slopes: np.ndarray) -> tuple[np.ndarray, float]:
    from scipy.sparse.linalg import LinearOperator, minres

    shape = (hessian.size, hessian.size)
    operator = LinearOperator(shape, matvec=hessian.product, dtype=hessian.x.dtype)
    step, _ = minres(operator, -slopes, rtol=0.1, maxiter=_SOLVING)
    left = np.linalg.norm(hessian.product(step) + slopes)
    if not left <= 0.5 * np.linalg.norm(slopes):
        return np.zeros(hessian.size), np.inf
    return step, float(np.abs(step).max())


def tolerance(hessian: Hessian, spectrum: Spectrum, step: np.ndarray) -> float:
    r"""Return the size below which a curvature's sign isn't known.

    The larger of :math:`m \epsilon \max |\lambda|`, the rounding in m eigenvalues (300 at most),
    and three times what the smallest curvature changes by from the point to where the critical
    point is, by Newton's step, give or take a few roundings.
    """
    eps = float(np.finfo(hessian.x.dtype).eps)
    rounding = min(hessian.size, DENSE) * eps * spectrum.size
    if hessian.by_differences:
        rounding = max(rounding, 10.0 * eps**0.6 * spectrum.size)
    if spectrum.settled and not spectrum.exact and spectrum.values[0] > 0.0:
        # What the lowest curvature may still be lower by: a negative one is a proof, but not this.
        gap = float(spectrum.values[1] - spectrum.values[0])
        rounding = max(rounding, spectrum.error * min(1.0, spectrum.error / max(gap, 1e-300)))
    signs = np.where(np.random.default_rng(0).random(hessian.size) < 0.5, -1.0, 1.0)
    reach = _ULPS * eps * max(1.0, float(np.abs(hessian.x).max()))
    there = (hessian.x + hessian.embed(step + reach * signs)).astype(hessian.x.dtype)
    if spectrum.exact:
        matrix = hessian.dense(there)
        if not np.isfinite(matrix).all():
            return rounding
        shifts = _SHIFTS * np.abs(np.linalg.eigvalsh(matrix) - spectrum.values)
        values = spectrum.values
    else:
        image = hessian.product(spectrum.vectors[:, 0], there).astype(np.float64)
        values = spectrum.values[:1]
        shifts = _SHIFTS * np.abs(spectrum.vectors[:, 0] @ image - values)
        if not np.isfinite(shifts).all():
            return rounding
    hidden = np.abs(values) <= shifts
    hidden[np.argmin(np.abs(values))] = True
    return max(rounding, float(shifts[hidden].max()))
