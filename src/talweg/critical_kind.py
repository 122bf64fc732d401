"""Which kind of critical point a point is, if it is one."""

from __future__ import annotations

import dataclasses

import numpy as np

from talweg.box_face import BoxFace
from talweg.constraints import Constraints
from talweg.critical_words import Words
from talweg.flat_directions import Sides, look_along
from talweg.hessian import Hessian
from talweg.kinks import Kink, find_kink, values_around
from talweg.objective import Objective
from talweg.spectrum import DENSE, Spectrum, newton_step, read_spectrum, tolerance

__all__ = ["Finding", "inspect"]

_NEAR = {"float64": 1e-5, "float32": 1e-4}  # of the nearest critical point, whatever the gradient
_FAR = 0.03  # from it, however small the gradient
_STRETCH = 100.0  # steps of Newton's along which the gradient must be linear, nearly
_NOISE = 16.0  # roundings
_FLAT_ONES = 4  # directions without curvature that are looked along


@dataclasses.dataclass(frozen=True)
class Finding:
    """What was found at a point, on flat vectors.

    Attributes
    ----------
    kind, reason : str
    fun, gradient_norm : float
    spectrum : Spectrum or None
        None where no curvature is known.
    free : (m,) ndarray of int
        The coordinates that the spectrum is of.
    tolerance : float
    products : int
    """

    kind: str
    reason: str
    fun: float
    gradient_norm: float
    spectrum: Spectrum | None
    free: np.ndarray
    tolerance: float
    products: int


def inspect(
    objective: Objective, constraints: Constraints, x: np.ndarray, tol: float
) -> Finding:  # fmt: skip
    """Find out which kind of critical point a point of the box is.

    Raises
    ------
    ValueError
        If the value isn't finite there, or every coordinate is fixed.
    """
    return _Inspection(objective, constraints, x, tol).finding()


class _Inspection:
    """What is known of a point, and grows as it is looked at."""

    def __init__(
        self, objective: Objective, constraints: Constraints, x: np.ndarray, tol: float
    ) -> None:  # fmt: skip
        self.objective, self.x, self.tol = objective, x, tol
        self.eps = float(np.finfo(x.dtype).eps)
        self.size = max(1.0, float(np.abs(x).max()))
        value, gradient = objective.evaluate(x)
        self.fun, self.gradient = float(value), np.array(gradient, x.dtype)
        if not np.isfinite(self.fun):
            raise ValueError(
                f"the objective is {self.fun} at x: its value must be finite at a critical point"
            )
        self.face = BoxFace(constraints, x, self.gradient)
        if not self.face.unfixed.any():
            raise ValueError("every coordinate is fixed: nothing is free to vary at x")
        self.words = Words(objective.structure, self.face)
        self.hessian = Hessian(objective, x, self.face.free)
        self.differentiable = bool(np.isfinite(self.slopes).all())
        self.spectrum: Spectrum | None = None
        self.spent = 0  # products with other parts of the Hessian
        self.noise, self.tolerance = 0.0, 0.0
        self.step, self.distance = np.zeros(0), 0.0
        self.kink: Kink | None = None

    @property
    def slopes(self) -> np.ndarray:
        """The gradient along the free coordinates."""
        return self.gradient[self.hessian.free]

    def finding(self) -> Finding:
        """Look at the point, and say what it is."""
        kind, reason = self._kind()
        norm = self.face.projected_norm(self.x, self.gradient) if self.differentiable else np.nan
        return Finding(
            kind, reason, self.fun, norm, self.spectrum, self.hessian.free, self.tolerance,
            self.spent + self.hessian.products,
        )  # fmt: skip

    def _kind(self) -> tuple[str, str]:
        if not self.differentiable and not self._smooth_around():
            return self._without_gradient()
        self._measure()
        self._free_the_weakly_held()
        if self.hessian.size == 0:
            bounds = self.words.bounds(np.flatnonzero(self.face.held))
            return "boundary minimum", f"every coordinate that is not fixed is held by {bounds}"
        critical = self._critical()
        if critical and np.abs(self.slopes).max() > max(self.tol, self.noise):
            self.words.away = self.distance
        self.kink = self._find_kink(critical)
        if self.kink is not None and self.kink.critical:
            self.spectrum = None
            return "kink", self.words.jump(self.kink)
        if self.kink is not None:
            return "not critical", self.words.jump(self.kink)
        if not critical and not self.differentiable:
            return "not critical", "the gradient is not finite here, and does not vanish close by"
        if not critical:
            return "not critical", self.words.slope(self.slopes, self.distance, self.spectrum)
        if self.spectrum is None:
            level = f"{self.words.level()}, and the curvature is not finite"
            return self._by_the_slopes(level) if self.hessian.size == 1 else ("degenerate", level)
        self.tolerance = tolerance(self.hessian, self.spectrum, self.step)
        return self._by_curvature(self.spectrum)

    def _by_curvature(self, spectrum: Spectrum) -> tuple[str, str]:
        values, level, held = spectrum.values, self.words.level(), bool(self.face.held.any())
        up, down = values > self.tolerance, values < -self.tolerance
        if self.hessian.size == 1 and not (up.any() or down.any()):
            return self._by_the_slopes(f"{level}, and so does the curvature")
        if up.any() and down.any():
            return self._saddle(spectrum, np.flatnonzero(down), level)
        if not (up.all() or down.all()):
            return "degenerate", f"{level}; {self._flat(spectrum)}"
        where = self.words.everywhere(spectrum, self.hessian.products)
        if down.all():
            kind = "saddle" if held else "maximum"
            return kind, f"{level}, and the function curves down along {where}"
        kind = "boundary minimum" if held else "minimum"
        return kind, f"{level}, and the function curves up along {where}"

    def _saddle(self, spectrum: Spectrum, down: np.ndarray, level: str) -> tuple[str, str]:
        for way in down if spectrum.exact else [0]:
            if self.face.allows(spectrum.vectors[:, way]):
                return "saddle", f"{level}; {self.words.down_and_up(spectrum, down, way)}"
        return "degenerate", (
            f"{level}; the function curves down only along directions that leave the box: "
            "curvatures alone do not tell"
        )

    # Curvature and distance

    def _measure(self) -> None:
        """Compute the curvatures, and how far away the critical point seems to be."""
        self.spectrum, self.distance = None, np.inf
        if self.hessian.size == 0:
            self.distance = 0.0
            return
        try:
            self.spectrum = read_spectrum(self.hessian)
        except FloatingPointError:
            if not self.hessian.by_differences:
                self.hessian.by_differences = True
                self._measure()
            return
        self.noise = self._rounding(self.spectrum.size)
        self.step, self.distance = newton_step(
            self.hessian, self.spectrum, self.slopes, self.noise, self.tol, _FAR * self._length
        )

    def _rounding(self, curvature: float) -> float:
        """Return the rounding in a gradient where the largest curvature is this.

        It is that of the point, or of the terms of a sum of squares, which the value shows.
        """
        terms = float(np.sqrt(curvature) * np.sqrt(abs(self.fun)))
        return _NOISE * self.eps * (curvature * float(np.abs(self.x).max()) + terms)

    @property
    def _length(self) -> float:
        """What distances are compared with."""
        return max(1.0, self.size / 100.0)

    def _critical(self) -> bool:
        norm = float(np.abs(self.slopes).max())
        if norm <= self.noise or self.distance == 0.0:
            return True
        if self.spectrum is None:
            return norm <= self.tol
        if norm <= self.tol and self.distance <= _FAR * self._length:
            return True
        return self.distance <= _NEAR[str(self.x.dtype)] * self._length and self._linear()

    def _linear(self) -> bool:
        """Return whether the gradient is linear far beyond Newton's step."""
        slopes = self.slopes
        for stretch in (_STRETCH, -_STRETCH):
            there = self.hessian.slopes(self._moved(stretch * self.step))
            off = np.linalg.norm(there - (1.0 - stretch) * slopes)
            if not off <= 0.5 * abs(1.0 - stretch) * np.linalg.norm(slopes):
                return False
        return True

    def _moved(self, step: np.ndarray) -> np.ndarray:
        moved: np.ndarray = (self.x + self.hessian.embed(step)).astype(self.x.dtype)
        return moved

    def _free_the_weakly_held(self) -> None:
        """Let those coordinates vary whose gradient at their bound may well be zero."""
        held = np.flatnonzero(self.face.held)
        spectrum = self.spectrum
        if held.size and self.hessian.size == 0 and held.size <= DENSE:
            other = Hessian(self.objective, self.x, held)
            spectrum = read_spectrum(other)
            self.spent += other.products
        if not held.size or spectrum is None or not np.isfinite(self.distance):
            return
        sizes = np.abs(self.gradient)
        weak = (sizes <= self.tol) & (sizes <= 10.0 * spectrum.size * self.distance)
        weak = self.face.held & (weak | (sizes <= 10.0 * self._rounding(spectrum.size)))
        if weak.any():
            self.face.held &= ~weak
            self.spent += self.hessian.products
            self.hessian = Hessian(self.objective, self.x, self.face.free)
            self._measure()

    # Kinks

    def _evaluate(self, free: np.ndarray) -> tuple[float, np.ndarray]:
        x = self.x.copy()
        x[self.hessian.free] = free
        value, gradient = self.objective.evaluate(x)
        return float(value), np.asarray(gradient, x.dtype)[self.hessian.free]

    def _find_kink(self, critical: bool) -> Kink | None:
        spectrum, slopes = self.spectrum, self.slopes if self.differentiable else None

        def bend(vector: np.ndarray) -> np.ndarray:
            if spectrum is None:
                return np.zeros_like(vector)
            return spectrum.product(self.hessian, vector)

        x = self.x[self.hessian.free]
        return find_kink(
            self._evaluate, x, self.fun, slopes, bend, self.noise, critical=critical
        )  # fmt: skip

    def _smooth_around(self) -> bool:
        """Take the gradient from around, where it has no jump; return whether that works."""
        free = self.hessian.free
        x = self.x[free]
        self.kink = find_kink(
            self._evaluate, x, self.fun, None, np.zeros_like, 0.0, critical=True
        )  # fmt: skip
        if self.kink is not None:
            return False
        signs = np.where(np.random.default_rng(0).random(free.size) < 0.5, -1.0, 1.0)
        step = (float(np.cbrt(self.eps)) * self.size * signs).astype(x.dtype)
        self.gradient[free] = (self._evaluate(x + step)[1] + self._evaluate(x - step)[1]) / 2.0
        self.hessian.by_differences = True
        return bool(np.isfinite(self.slopes).all())

    def _without_gradient(self) -> tuple[str, str]:
        if self.kink is not None:
            level, words = self.kink.critical, self.kink.words
        else:
            level, words = values_around(self._evaluate, self.x[self.hessian.free], self.fun)
        return "kink" if level else "not critical", f"the gradient is not finite here, and {words}"

    # Where there is no curvature

    def _look(self, vector: np.ndarray, **sides: bool) -> Sides:
        def slope(distance: float) -> float:
            return float(self.hessian.slopes(self._moved(distance * vector)) @ vector)

        least = 10.0 * self.distance if np.isfinite(self.distance) else 0.0
        return look_along(slope, self.size, least, self.eps, self.tolerance, **sides)

    def _by_the_slopes(self, level: str) -> tuple[str, str]:
        """Tell by the slopes on both sides what the one curvature doesn't."""
        i = int(self.hessian.free[0])
        looked = {"behind": not self.face.at_lower[i], "ahead": not self.face.at_upper[i]}
        sides = self._look(np.ones(1, self.x.dtype), **looked)
        return self.words.by_sides(level, sides, **looked)

    def _flat(self, spectrum: Spectrum) -> str:
        """Say what the function does along the directions without curvature."""
        flat = np.flatnonzero(np.abs(spectrum.values) <= self.tolerance)
        flat = flat[:_FLAT_ONES] if spectrum.exact else np.array([0])
        vectors = spectrum.vectors[:, flat]
        if flat.size > 1:
            mixed = np.random.default_rng(0).standard_normal((flat.size, 2 * _FLAT_ONES))
            vectors = np.hstack([vectors, vectors @ (mixed / np.linalg.norm(mixed, axis=0))])
        looks = [(vector, self._look(vector.astype(self.x.dtype))) for vector in vectors.T]
        flat_words = self.words.flat(spectrum, self.tolerance, self.hessian.size)
        return f"{flat_words}; {self.words.along_flat(looks)}"
