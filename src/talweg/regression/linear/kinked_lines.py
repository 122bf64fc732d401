"""The rows of a quantile regression: each costs in proportion to its residual, by its sign."""

from __future__ import annotations

import dataclasses

import numpy as np

__all__ = ["MET", "Lines", "Part"]

MET = 1e-11
"""A residual, beside the targets, that counts as none."""

_FLAT = 1e-14  # of the largest: an eigenvalue of the columns' products that counts as none


@dataclasses.dataclass(frozen=True)
class Lines:
    """Rows that each cost `above` times a positive residual, or `below` times a negative one.

    Those of the table, and one for each penalised coefficient, which wants to be zero; in
    coordinates z in which the columns are orthonormal.
    """

    rows: np.ndarray  # (n, r)
    target: np.ndarray
    above: np.ndarray
    below: np.ndarray
    spread: np.ndarray  # (p, r): standardised coefficients, intercept last, are spread @ z
    means: np.ndarray
    scales: np.ndarray
    level: float  # taken off the target
    intercept: bool
    penalised: bool

    @classmethod
    def of(
        cls, columns: np.ndarray, target: np.ndarray, share: np.ndarray, quantile: float,
        intercept: bool, l1: float,
    ) -> Lines:  # fmt: skip
        """Standardise the columns, add the penalty's rows, and make all of them orthonormal."""
        d = columns.shape[1]
        means = share @ columns if intercept else np.zeros(d)
        level = float(share @ target) if intercept else 0.0
        standard = columns - means
        scales = np.sqrt(share @ standard**2)
        noise = 1e-14 * np.abs(columns).max(axis=0, initial=0.0)
        scales = np.where(scales > noise, scales, np.inf)  # a constant column: left out
        standard /= scales
        if intercept:
            standard = np.column_stack([standard, np.ones(len(target))])
        rows, above, below = standard, share * quantile, share * (1.0 - quantile)
        target = target - level
        if l1 > 0.0:
            used = np.flatnonzero(np.isfinite(scales))
            extra = np.zeros((used.size, rows.shape[1]))
            extra[np.arange(used.size), used] = 1.0
            rows = np.concatenate([rows, extra])
            target = np.concatenate([target, np.zeros(used.size)])
            above = np.concatenate([above, l1 / scales[used]])
            below = np.concatenate([below, l1 / scales[used]])
        gram = (rows * (above + below)[:, None]).T @ rows
        sizes, directions = np.linalg.eigh(gram)
        kept = sizes > _FLAT * max(float(sizes.max(initial=0.0)), 1e-300)
        spread = directions[:, kept] / np.sqrt(sizes[kept])
        return cls(
            rows @ spread, target, above, below, spread, means, scales, level, intercept, l1 > 0.0
        )

    @property
    def half(self) -> np.ndarray:
        """What a residual costs, either side's mean."""
        return np.asarray((self.above + self.below) / 2.0)

    @property
    def tilt(self) -> np.ndarray:
        """Half of how much more a positive residual costs."""
        return np.asarray((self.above - self.below) / 2.0)

    @property
    def rank(self) -> int:
        """Number of coordinates."""
        return int(self.rows.shape[1])

    def coefficients(self, z: np.ndarray) -> tuple[np.ndarray, float]:
        """Return the coefficients of the columns as they were given, and the intercept."""
        standard = self.spread @ z
        slopes = standard[: self.scales.size] / self.scales
        constant = float(standard[-1] + self.level - self.means @ slopes) if self.intercept else 0.0
        return slopes, constant

    def with_zeros(self, z: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        """Return the coefficients with those exactly zero whose rows are met."""
        standard = (self.spread @ z)[: self.scales.size]
        size = max(float(np.abs(self.target).max()), 1e-300)
        return np.where(np.abs(standard) <= MET * size, 0.0, coefficients)


@dataclasses.dataclass(frozen=True)
class Part:
    """The rows near the kink one by one, and all others as one straight line."""

    near: np.ndarray
    rows: np.ndarray
    residuals: np.ndarray
    half: np.ndarray
    tilt: np.ndarray
    slope: np.ndarray  # of the others

    @classmethod
    def of(cls, lines: Lines, residuals: np.ndarray, reach: float) -> Part:
        """Divide the rows by how far they are from the kink."""
        near, rows = np.abs(residuals) <= reach, lines.rows
        if 2 * np.count_nonzero(near) > near.size:
            near = np.ones_like(near)
            slope = np.zeros(rows.shape[1])
            return cls(near, rows, residuals, lines.half, lines.tilt, slope)
        costs = np.where(near, 0.0, lines.half * np.sign(residuals) + lines.tilt)
        slope = -(rows.T @ costs)
        return cls(near, rows[near], residuals[near], lines.half[near], lines.tilt[near], slope)

    def smoothed(
        self, v: np.ndarray, scaling: np.ndarray, width: float
    ) -> tuple[float, np.ndarray]:  # fmt: skip
        """Return the value, less that of the far rows at the start, and its gradient."""
        step = scaling @ v
        residuals = self.residuals - self.rows @ step
        bent = np.clip(residuals / width, -1.0, 1.0)
        sizes = bent * (residuals - bent * (width / 2.0)) + width / 2.0
        value = float(self.half @ sizes + self.tilt @ residuals + self.slope @ step)
        slope = self.slope - self.rows.T @ (self.half * bent + self.tilt)
        return value, scaling.T @ slope
