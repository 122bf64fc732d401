"""Which kind of critical point a point is, if it is one."""

from __future__ import annotations

import dataclasses

import numpy as np

from talweg.constraints import Constraints
from talweg.flat_directions import Sides, look_along
from talweg.hessian import Hessian
from talweg.kinks import Kink, find_kink, values_around
from talweg.objective import Objective
from talweg.spectrum import Spectrum, newton_step, read_spectrum, tolerance

__all__ = ["Finding", "inspect"]

_NEAR = {"float64": 1e-5, "float32": 1e-3}  # of the nearest critical point, whatever the gradient
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
        self.objective, self.constraints, self.x, self.tol = objective, constraints, x, tol
        self.eps = float(np.finfo(x.dtype).eps)
        value, gradient = objective.evaluate(x)
        self.fun, self.gradient = float(value), np.array(gradient, x.dtype)
        if not np.isfinite(self.fun):
            raise ValueError(
                f"the objective is {self.fun} at x: its value must be finite at a critical point"
            )
        fixed = constraints.fixed
        self.lower = np.broadcast_to(
            -np.inf if constraints.lower is None else constraints.lower, x.shape
        )
        self.upper = np.broadcast_to(
            np.inf if constraints.upper is None else constraints.upper, x.shape
        )
        self.open = self.lower < self.upper
        if fixed is not None:
            self.open &= ~fixed
        if not self.open.any():
            raise ValueError("every coordinate is fixed: nothing is free to vary at x")
        self.size = max(1.0, float(np.abs(x).max()))
        # At a bound, and pushed against it. A descent that has converged may stop just before it.
        width = np.minimum(np.maximum(1.0, np.abs(x)), self.upper - self.lower)
        slack = 0.1 * _NEAR[str(x.dtype)] * width
        self.at_lower, self.at_upper = x - self.lower <= slack, self.upper - x <= slack
        self.held = self.open & (
            (self.at_lower & (self.gradient > 0.0)) | (self.at_upper & (self.gradient < 0.0))
        )
        self.differentiable = bool(np.isfinite(self.gradient[self.open & ~self.held]).all())
        self.spectrum: Spectrum | None = None
        self.hessian = Hessian(objective, x, np.flatnonzero(self.open & ~self.held))
        self.spent = 0
        self.noise, self.tolerance = 0.0, 0.0
        self.step, self.distance = np.zeros(0), 0.0
        self.kink: Kink | None = None

    # What it comes to

    def finding(self) -> Finding:
        """Look at the point, and say what it is."""
        kind, reason = self._kind()
        return Finding(
            kind, reason, self.fun, self._norm(), self.spectrum, self.hessian.free,
            self.tolerance, self.spent + self.hessian.products,
        )  # fmt: skip

    def _kind(self) -> tuple[str, str]:
        if not self.differentiable and not self._smooth_around():
            return self._without_gradient()
        curved = self._measure()
        self._free_the_weakly_held()
        if self.hessian.size == 0:
            return "boundary minimum", f"every coordinate that is free is held by {self._bounds()}"
        critical = self._critical()
        self.kink = self._find_kink(critical)
        if self.kink is not None and self.kink.critical:
            self.spectrum = None
            return "kink", f"{self._jump()}, and {self.kink.words}"
        if self.kink is not None or not critical:
            return "not critical", self._slope()
        if not curved or self.spectrum is None:
            return self._without_curvature()
        self.tolerance = tolerance(self.hessian, self.spectrum, self.step)
        return self._by_curvature(self.spectrum)

    def _by_curvature(self, spectrum: Spectrum) -> tuple[str, str]:
        values, level = spectrum.values, self._level()
        up, down = values > self.tolerance, values < -self.tolerance
        if self.hessian.size == 1 and not (up.any() or down.any()):
            return self._by_the_slopes(f"{level} and so does the curvature")
        if up.any() and down.any():
            return self._saddle(spectrum, level)
        if not (up.all() or down.all()):
            return "degenerate", f"{level}; {self._flat(spectrum)}"
        if down.all():
            kind = "saddle" if self.held.any() else "maximum"
            return kind, f"{level}, and the function curves down along {self._every(spectrum)}"
        kind = "boundary minimum" if self.held.any() else "minimum"
        return kind, f"{level}, and the function curves up along {self._every(spectrum)}"

    def _without_curvature(self) -> tuple[str, str]:
        level = f"{self._level()}, and the curvature is not finite"
        return self._by_the_slopes(level) if self.hessian.size == 1 else ("degenerate", level)

    # Curvature and distance

    def _measure(self) -> bool:
        """Compute the curvatures, and how far away the critical point seems to be."""
        self.spectrum = None
        if self.hessian.size == 0:
            return True
        try:
            self.spectrum = read_spectrum(self.hessian)
        except FloatingPointError:
            if self.hessian.by_differences:
                return False
            self.hessian.by_differences = True
            return self._measure()
        size = self.spectrum.size
        self.noise = self._rounding(size)
        self.step, self.distance = newton_step(
            self.hessian, self.spectrum, self.gradient[self.hessian.free], self.noise,
            _FAR * self._length,
        )  # fmt: skip
        return True

    def _rounding(self, curvature: float) -> float:
        """Return the rounding in a gradient where the largest curvature is this.

        It is that of the point, or of the terms of a sum of squares, which the value shows.
        """
        terms = np.sqrt(curvature) * np.sqrt(abs(self.fun))
        return _NOISE * self.eps * (curvature * float(np.abs(self.x).max()) + float(terms))

    @property
    def _length(self) -> float:
        """What distances are compared with."""
        return max(1.0, self.size / 100.0)

    def _critical(self) -> bool:
        slopes = self.gradient[self.hessian.free]
        norm = float(np.abs(slopes).max())
        if norm <= self.noise:
            return True
        if self.spectrum is None:
            return norm <= self.tol
        if self.distance == 0.0:
            return True
        if norm <= self.tol and self.distance <= _FAR * self._length:
            return True
        near = _NEAR[str(self.x.dtype)] * self._length
        return self.distance <= near and self._linear(slopes)

    def _linear(self, slopes: np.ndarray) -> bool:
        """Return whether the gradient is linear far beyond Newton's step."""
        for stretch in (_STRETCH, -_STRETCH):
            there = self.hessian.slopes(self._moved(stretch * self.step))
            off = np.linalg.norm(there - (1.0 - stretch) * slopes)
            if not off <= 0.5 * abs(1.0 - stretch) * np.linalg.norm(slopes):
                return False
        return True

    def _moved(self, step: np.ndarray) -> np.ndarray:
        moved: np.ndarray = (self.x + self.hessian.embed(step)).astype(self.x.dtype)
        return moved

    # Bounds

    def _free_the_weakly_held(self) -> None:
        """Let those coordinates vary whose gradient at their bound may well be zero."""
        if not self.held.any():
            return
        spectrum = self.spectrum
        if spectrum is None and self.held.sum() <= 300:
            other = Hessian(self.objective, self.x, np.flatnonzero(self.held))
            spectrum = read_spectrum(other)
            self.spent += other.products
        if spectrum is None or not np.isfinite(self.distance):
            return
        sizes = np.abs(self.gradient)
        weak = (sizes <= self.tol) & (sizes <= 10.0 * spectrum.size * self.distance)
        weak = self.held & (weak | (sizes <= 10.0 * self._rounding(spectrum.size)))
        if weak.any():
            self.held &= ~weak
            self.spent += self.hessian.products
            self.hessian = Hessian(self.objective, self.x, np.flatnonzero(self.open & ~self.held))
            self._measure()

    def _bounds(self, which: np.ndarray | None = None) -> str:
        which = np.flatnonzero(self.held if which is None else which)
        first = self._name(int(which[0]))
        if which.size == 1:
            return f"the bound of {first}"
        return f"{which.size} bounds (as that of {first})"

    def _level(self) -> str:
        """Say where the gradient vanishes."""
        loose = (self.at_lower | self.at_upper) & self.open & ~self.held
        level = "the gradient vanishes"
        if self.held.any():
            hold = "hold" if self.held.sum() > 1 else "holds"
            level = f"{self._bounds()} {hold} it there, and along the other coordinates {level}"
        if loose.any():
            level += f", also at {self._bounds(loose)}"
        return level

    def _allowed(self, vector: np.ndarray) -> bool:
        """Return whether a direction, or its opposite, stays in the box."""
        free = self.hessian.free
        at = [side[free] & (np.abs(vector) > 1e-8) for side in (self.at_lower, self.at_upper)]
        ways = [sign * vector for sign in (1.0, -1.0)]
        return any(np.all(w[at[0]] > 0.0) and np.all(w[at[1]] < 0.0) for w in ways)

    # Kinks

    def _evaluate(self, free: np.ndarray) -> tuple[float, np.ndarray]:
        x = self.x.copy()
        x[self.hessian.free] = free
        value, gradient = self.objective.evaluate(x)
        return float(value), np.asarray(gradient, x.dtype)[self.hessian.free]

    def _find_kink(self, critical: bool) -> Kink | None:
        spectrum, free = self.spectrum, self.hessian.free
        slopes = self.gradient[free] if self.differentiable else None

        def bend(vector: np.ndarray) -> np.ndarray:
            if spectrum is None:
                return np.zeros_like(vector)
            return spectrum.product(self.hessian, vector)

        return find_kink(
            self._evaluate, self.x[free], self.fun, slopes, bend, self.noise, critical=critical
        )

    def _smooth_around(self) -> bool:
        """Take the gradient from around, where it has no jump; return whether that works."""
        free = self.hessian.free
        self.kink = find_kink(
            self._evaluate, self.x[free], self.fun, None, np.zeros_like, 0.0, critical=True
        )
        if self.kink is not None:
            return False
        reach = self.x.dtype.type(np.cbrt(self.eps) * self.size)
        signs = np.where(np.random.default_rng(0).random(free.size) < 0.5, -1.0, 1.0)
        sides = [self._evaluate(self.x[free] + s * reach * signs) for s in (1.0, -1.0)]
        self.gradient[free] = (sides[0][1] + sides[1][1]) / 2.0
        self.hessian.by_differences = True
        return bool(np.isfinite(self.gradient[free]).all())

    def _without_gradient(self) -> tuple[str, str]:
        if self.kink is not None:
            level, words = self.kink.critical, self.kink.words
        else:
            level, words = values_around(self._evaluate, self.x[self.hessian.free], self.fun)
        return "kink" if level else "not critical", f"the gradient is not finite here, and {words}"

    def _jump(self) -> str:
        assert self.kink is not None
        return f"the gradient jumps by {self.kink.jump:.3g} within {self.kink.reach:.1g}"

    # Words

    def _norm(self) -> float:
        """Return the largest component of the projected gradient."""
        gradient = self.gradient[self.open]
        if not self.differentiable:
            return float(np.nan)
        x = self.x[self.open]
        ahead = np.clip(x - gradient, self.lower[self.open], self.upper[self.open])
        inside = ahead == x - gradient
        return float(np.abs(np.where(inside, gradient, x - ahead)).max())

    def _slope(self) -> str:
        if self.kink is not None:
            return f"{self._jump()}, and {self.kink.words}"
        if not self.differentiable:
            return "the gradient is not finite here, and does not vanish close by"
        slopes = self.gradient[self.hessian.free]
        which = int(np.argmax(np.abs(slopes)))
        name = self._name(int(self.hessian.free[which]))
        words = (
            f"the gradient does not vanish: its largest component is {slopes[which]:.3g} "
            f"({name}), and against the gradient the value falls with a slope of "
            f"{-float(np.linalg.norm(slopes.astype(float))):.3g}"
        )
        if self.spectrum is None or not np.isfinite(self.distance):
            return f"{words}; no curvature there would bring it to zero"
        return f"{words}; by Newton's step it would vanish about {self.distance:.2g} away"

    def _name(self, index: int) -> str:
        return self.objective.structure.locate(index).replace("x0", "x", 1)

    def _along(self, vector: np.ndarray) -> str:
        """Name a direction of the free coordinates."""
        full = self.hessian.embed(vector)
        if full.size <= 3 and self.objective.structure.is_array:
            return f"({', '.join(f'{number + 0.0:.3g}' for number in full)})"
        return f"a direction in which {self._name(int(np.argmax(np.abs(full))))} changes most"

    def _every(self, spectrum: Spectrum) -> str:
        if spectrum.exact:
            count = self.hessian.size
            return {1: "the one axis there is", 2: "both axes"}.get(count, f"all {count} axes")
        products = self.hessian.products
        words = f"all directions that {products} products with the Hessian led to"
        if spectrum.settled:
            return f"{words}; the lowest curvature has settled"
        return (
            f"{words}; the lowest of these curvatures, {spectrum.values[0]:.3g}, has not settled "
            f"(some curvature lies within {spectrum.error:.2g} of it), so that a lower one is "
            "possible"
        )

    def _saddle(self, spectrum: Spectrum, level: str) -> tuple[str, str]:
        values = spectrum.values
        down = np.flatnonzero(values < -self.tolerance)
        ways = down if spectrum.exact else [0]
        if not any(self._allowed(spectrum.vectors[:, i]) for i in ways):
            return "degenerate", (
                f"{level}; the function curves down only along directions that leave the box: "
                "curvatures alone do not tell"
            )
        least = "" if spectrum.exact else "at least "
        axes = f"{least}{down.size} such {'axis' if down.size == 1 else 'axes'}"
        return "saddle", (
            f"{level}; the function curves down along "
            f"{self._along(spectrum.vectors[:, ways[0]])} ({axes}) and up along "
            f"{self._along(spectrum.vectors[:, -1])}"
        )

    # Where there is no curvature

    def _look(self, vector: np.ndarray, **sides: bool) -> Sides:
        def slope(distance: float) -> float:
            return float(self.hessian.slopes(self._moved(distance * vector)) @ vector)

        least = 10.0 * self.distance if np.isfinite(self.distance) else 0.0
        return look_along(slope, self.size, least, self.eps, **sides)

    def _by_the_slopes(self, level: str) -> tuple[str, str]:
        """Tell by the slopes on both sides what the curvature doesn't."""
        i = int(self.hessian.free[0])
        looked = {"behind": not self.at_lower[i], "ahead": not self.at_upper[i]}
        sides = self._look(np.ones(1, self.x.dtype), **looked)
        seen = {side for side, is_open in zip(sides[:2], looked.values(), strict=True) if is_open}
        how = f", as the power {sides.power} of the distance" if sides.power else ""
        where = "to both sides" if all(looked.values()) else "into the box"
        if seen == {1}:
            bounded = self.held.any() or not all(looked.values())
            kind = "boundary minimum" if bounded else "minimum"
            return kind, f"{level}; the value rises {where}{how}"
        if seen == {-1}:
            kind = "saddle" if self.held.any() else "maximum"
            return kind, f"{level}; the value falls {where}{how}"
        if seen == {1, -1}:
            return "degenerate", f"{level}; the value falls to one side only{how}: an inflection"
        return "degenerate", f"{level}; the value stays the same to one side at least"

    def _flat(self, spectrum: Spectrum) -> str:
        """Say what the function does along the directions without curvature."""
        flat = np.flatnonzero(np.abs(spectrum.values) <= self.tolerance)
        count = f"{flat.size}" if spectrum.exact else f"at least {flat.size}"
        curved = spectrum.values[np.abs(spectrum.values) > self.tolerance]
        words = f"along {count} of {self.hessian.size} axes the function does not curve"
        if curved.size:
            words += f" ({'down' if curved[0] < 0 else 'up'} along others)"
        flat = flat[:_FLAT_ONES] if spectrum.exact else np.array([0])
        vectors = spectrum.vectors[:, flat]
        if flat.size > 1:
            mixed = np.random.default_rng(0).standard_normal((flat.size, 2 * _FLAT_ONES))
            vectors = np.hstack([vectors, vectors @ (mixed / np.linalg.norm(mixed, axis=0))])
        looks = [(vector, self._look(vector.astype(self.x.dtype))) for vector in vectors.T]
        for vector, sides in looks:
            if -1 in sides[:2]:
                way = vector if sides.ahead == -1 else -vector
                how = f", as the power {sides.power} of the distance" if sides.power else ""
                return f"{words}; it falls along {self._along(way)}{how}, and is no minimum"
        if all(sides[:2] == (1, 1) for _, sides in looks):
            return f"{words}; it rises slowly along those that were looked along"
        return f"{words}; it is level along some of those"
