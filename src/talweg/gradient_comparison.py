"""Hold a gradient against independent slopes, coordinate by coordinate or across many."""

from __future__ import annotations

import dataclasses

import numpy as np

from talweg.differences import Probe, Slope, binary_scale
from talweg.gradient_report import Disagreement, GradientCheck, Kink
from talweg.structure import Structure

__all__ = ["Comparison"]

_UNSURE = 0.01  # differences whose own error is a larger share than this decide nothing
_COMPLEX = 1e-9  # error of the complex step, as a share of the differences'
_NAMED = 100  # coordinates whose gradient isn't finite: more say no more
_ROUNDINGS = 100.0  # allowed in a gradient, of what its terms may have been before they cancelled


@dataclasses.dataclass(frozen=True)
class _Trial:
    """What is known of the derivative along one direction, per unit of that direction.

    `scale` is what a derivative there may be compared with where it happens to be zero, `floor`
    the rounding that any gradient has.
    """

    name: str
    index: int | None
    unit: float
    given: float
    slope: Slope | None
    analytic: float
    scale: float
    floor: float


class Comparison:
    """A gradient beside independent slopes.

    Parameters
    ----------
    probe : Probe
        The function.
    given : (n,) ndarray
        The gradient.
    structure : Structure
    tolerance : float
        Largest relative error, beyond rounding and the slopes' own error.
    """

    def __init__(
        self, probe: Probe, given: np.ndarray, structure: Structure, tolerance: float
    ) -> None:
        self.probe, self.given, self.structure = probe, given, structure
        self.tolerance = tolerance
        self.finite = np.isfinite(given)
        self.largest = float(np.abs(given[self.finite]).max(initial=0.0))
        self.analytic = True  # until a complex step fails
        self.trials: list[_Trial] = []
        self.directions = 0

    def add_coordinates(self, indices: np.ndarray) -> None:
        """Compare coordinates one by one; those whose gradient isn't finite come besides."""
        for index in np.union1d(indices, np.flatnonzero(~self.finite)[:_NAMED]):
            self.trials.append(self._coordinate(int(index)))
        self._settle()

    def add_directions(self, count: int, generator: np.random.Generator) -> None:
        """Compare random directions across the other coordinates; name one that disagrees."""
        others = np.setdiff1d(np.flatnonzero(self.finite), [trial.index for trial in self.trials])
        if not others.size:
            return
        self.directions = count
        scales = binary_scale(np.maximum(np.abs(self.probe.x), 1.0))
        found: set[int] = set()
        for _ in range(count):
            direction = np.zeros_like(scales)
            direction[others] = scales[others] * generator.choice([-1.0, 1.0], others.size)
            trial = self._along(direction, "a random direction", None, 1.0)
            self.trials.append(trial)
            self._settle()
            if self._error(trial)[0] > self.tolerance:
                found.add(self._culprit(direction, others))
        self.trials.extend(self._coordinate(index) for index in sorted(found))

    def report(self) -> GradientCheck:
        """Judge what was compared."""
        trials = sorted(self.trials, key=lambda trial: trial.index is None)  # directions last
        judged = [(trial, *self._error(trial)) for trial in trials]
        wrong = [entry for entry in judged if not entry[1] <= self.tolerance]
        return GradientCheck(
            ok=not wrong,
            error=max(error for _, error, _, _ in judged),
            tolerance=self.tolerance,
            method="complex step" if self.analytic else "central differences",
            checked=sum(trial.index is not None for trial in self.trials),
            size=self.given.size,
            directions=self.directions,
            disagreements=tuple(
                Disagreement(
                    trial.name, trial.index, trial.given / trial.unit, expected / trial.unit,
                    error, note,
                )
                for trial, error, expected, note in wrong
            ),
            kinks=tuple(
                Kink(trial.name, trial.slope.left / trial.unit, trial.slope.right / trial.unit)
                for trial in self.trials
                if trial.slope is not None and trial.slope.kinked
            ),
        )  # fmt: skip

    def _coordinate(self, index: int) -> _Trial:
        unit = float(binary_scale(max(abs(self.probe.x[index]), 1.0)))
        direction = np.zeros_like(self.probe.x)
        direction[index] = unit
        return self._along(direction, self.structure.locate(index), index, unit)

    def _along(self, direction: np.ndarray, name: str, index: int | None, unit: float) -> _Trial:
        moved = direction != 0.0
        parts = self.given[moved] * direction[moved]
        scale = self.largest * unit if index is not None else float(np.abs(parts).sum())
        value = abs(self.probe.value)
        slope = self.probe.slope(direction, 1e-8 * scale)
        analytic = self.probe.complex_slope(direction) if self.analytic else np.nan
        bend = 0.0 if slope is None else slope.bend
        return _Trial(
            name, index, unit, float(parts.sum()), slope, analytic,
            scale=scale + 1e-3 * bend + 1e-6 * value,
            floor=_ROUNDINGS * self.probe.eps * (scale + bend + value),
        )  # fmt: skip

    def _culprit(self, direction: np.ndarray, indices: np.ndarray) -> int:
        """Halve a direction that disagrees until one coordinate is left."""
        while indices.size > 1:
            halves = np.array_split(indices, 2)
            errors = []
            for half in halves:
                part = np.zeros_like(direction)
                part[half] = direction[half]
                errors.append(self._error(self._along(part, "", None, 1.0))[0])
            indices = halves[int(errors[1] > errors[0])]
        return int(indices[0])

    def _settle(self) -> None:
        """Keep the complex step only where no difference speaks against it."""
        smooth = [(t, t.slope) for t in self.trials if t.slope and not t.slope.kinked]
        for trial, slope in smooth:
            larger = max(abs(trial.analytic), abs(slope.central))
            slack = slope.error + trial.floor + 1e-6 * larger
            self.analytic &= bool(abs(trial.analytic - slope.central) <= slack)
        self.analytic &= bool(smooth)

    def _error(self, trial: _Trial) -> tuple[float, float, str]:
        """Return a trial's relative error, the derivative expected, and a remark."""
        given, slope = trial.given, trial.slope
        expected, slack, note = trial.analytic, trial.floor, ""
        if slope is not None and slope.kinked:
            expected = min(max(given, min(slope.left, slope.right)), max(slope.left, slope.right))
            if np.isnan(given):
                expected = slope.central
            slack += slope.error
            note = "at a kink"
        elif slope is not None:
            expected = trial.analytic if self.analytic else slope.central
            slack += (_COMPLEX if self.analytic else 1.0) * slope.error
        elif not self.analytic:
            expected = np.nan
        if not np.isfinite(given):
            return np.inf, expected, ", ".join(filter(None, ["not finite", note]))
        if not np.isfinite(expected):
            return np.inf, expected, "undecided: the function is not finite beside it"
        if given == expected:
            return 0.0, expected, note
        larger, apart = max(abs(given), abs(expected)), abs(given - expected)
        error = apart / (larger + slack / self.tolerance)
        near = self.tolerance < error and apart < 10.0 * slack  # no agreement, nor a clear no
        if not self.analytic and slack > _UNSURE * (larger if near else max(larger, trial.scale)):
            return np.inf, expected, "undecided: the function is too noisy or changes too fast"
        return error, expected, note
