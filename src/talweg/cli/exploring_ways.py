"""Descents across a landscape, and in plain words where each ended."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.classification import critical_point
from talweg.cli.errors import CommandError, Exit
from talweg.cli.exploring_numbers import Scale, count, finite, flat, vector
from talweg.minimization import minimize
from talweg.state import Status

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from talweg.cli.exploring_subject import Subject
    from talweg.cli.interrupt import Interruption

__all__ = ["Descents", "Way"]

_LOOKED_BACK = 50  # steps, to see whether the values still sink
_AT_REST = (Status.SADDLE, Status.MAXIMUM, Status.STALLED)
_WITHOUT_END = 1e100  # below minus that, what isn't finite next is minus infinity


@dataclasses.dataclass(frozen=True)
class Way:
    """One descent.

    Parameters
    ----------
    name : str
        In tables and legends.
    method : str
    start : tuple of float
    points : (k, n) ndarray
        All iterates, the start first.
    result : talweg.Result
    outcome : str
        In one word or two: "minimum", "saddle", "diverges", ...
    verdict : str
        In a sentence.
    end : CriticalPoint, optional
        Where it ended, if it came to rest.
    """

    name: str
    method: str
    start: tuple[float, ...]
    points: NDArray[np.float64]
    result: Any
    outcome: str
    verdict: str
    end: Any = None

    def record(self) -> dict[str, Any]:
        """Return what is said of it in JSON."""
        result = self.result
        return {
            "name": self.name,
            "method": self.method,
            "start": list(self.start),
            "outcome": self.outcome,
            "verdict": self.verdict,
            "x": flat(result.x).tolist(),
            "fun": finite(result.fun),
            "gradient_norm": finite(result.gradient_norm),
            "iterations": result.nit,
            "evaluations": result.nfev,
            "converged": bool(result.success),
            "interrupted": result.status == Status.STOPPED,
            "message": result.message,
            "path": [[finite(c) for c in point] for point in self.points],
        }


@dataclasses.dataclass(frozen=True)
class Descents:
    """Descends, as was asked for.

    Parameters
    ----------
    subject : Subject
    scale : Scale
    options : dict
        Those of `talweg.minimize`: step, max_iter, escape, where they were given.
    constant : bool
        Whether the function is.
    """

    subject: Subject
    scale: Scale
    options: dict[str, Any]
    constant: bool

    def run(
        self, name: str, method: str, start: tuple[float, ...], interruption: Interruption
    ) -> Way:
        """Descend once, from one start.

        Raises
        ------
        CommandError
            If the function can't be descended from there: exit code 3.
        """
        points = [np.array(start)]

        def look(x: Any) -> None:
            points.append(flat(x))
            if interruption.asked:
                raise StopIteration

        interruption.begin()
        with self.subject.blamed():
            self._check_start(start)
            try:
                result = minimize(
                    self.subject.fun, np.array(start), method=method, callback=look, **self.options
                )
            except ValueError as error:
                if self.subject.file is not None:
                    raise
                words = re.sub(r"at x0(\[\d+\])?", f"at {_option(start)}", str(error))
                raise CommandError(words, Exit.BAD_INPUT) from error
            end = None
            if (result.success or result.status in _AT_REST) and not self.constant:
                end = critical_point(self.subject.fun, result.x)
                if result.status == Status.STALLED and end.kind != "kink":
                    end = None
        outcome, verdict = self._judge(result, np.array(points), end)
        return Way(name, method, start, np.array(points), result, outcome, verdict, end)

    def _check_start(self, start: tuple[float, ...]) -> None:
        value = self.subject.value(start)
        if not np.isfinite(value):
            raise CommandError(
                f"{_option(start)}: {self.subject.name} is {value} there; start where it has a "
                "finite value",
                Exit.BAD_INPUT,
            )

    def _judge(self, result: Any, points: NDArray[np.float64], end: Any) -> tuple[str, str]:
        """Say where a descent ended, in two words and in a sentence."""
        if self.constant:
            return "constant", (
                "the function is constant here: every point is critical, and no way leads down"
            )
        if end is not None:
            outcome = "nearly level" if end.kind == "not critical" else str(end.kind)
            verdict = self._at_rest(result, end)
        else:
            outcome, verdict = self._went_wrong(result, points) or self._on_the_way(result)
        return outcome, self._left(result, points) + verdict

    def _on_the_way(self, result: Any) -> tuple[str, str]:
        """Say how far a descent came that stopped before its end."""
        steps, place = count(result.nit, "step"), self._place(result)
        if result.status == Status.STOPPED:
            return "interrupted", f"interrupted after {steps} at {place}"
        if result.status == Status.MAX_ITERATIONS:
            return "not there yet", (
                f"not there yet after {steps}: at {place}, with a slope of "
                f"{result.gradient_norm:.3g}; go on with --max-iter, or take another method"
            )
        if result.status == Status.STALLED:
            words = str(result.message).removeprefix("stopped: ")
            return "stalled", f"stalled after {steps} at {place}: {words}"
        return "stopped", f"stopped after {steps} at {place}: {result.message}"

    def _place(self, result: Any) -> str:
        return f"{self.scale.point(flat(result.x))}, where f = {result.fun:.6g}"

    def _went_wrong(self, result: Any, points: NDArray[np.float64]) -> tuple[str, str] | None:
        """Say how a descent left for where there is no minimum, if it did."""
        values, steps = result.trace.fun, count(result.nit, "step")
        first, last = float(values[0]), float(values[-1])
        lost = result.status in (Status.NOT_FINITE, Status.UNBOUNDED)
        far = f"from {first:.6g} to {last:.6g} in {steps}"
        smaller = "the steps are too large; take a smaller --step"
        if result.status == Status.UNBOUNDED or (lost and last < -_WITHOUT_END):
            return "falls without end", (
                f"the function falls without end: its value went {far}, and the way led out to "
                f"{self.scale.point(points[-1])}"
            )
        if (lost or result.status == Status.MAX_ITERATIONS) and last > first:
            return "diverges", f"diverges: the value has risen {far}; {smaller}"
        if lost:
            return "leaves the domain", (
                f"after {steps}, from {self.scale.point(points[-1])}, the next one led to where "
                "the function or its slope has no finite value; a smaller --step may help"
            )
        if result.status == Status.MAX_ITERATIONS and _goes_on_and_on(result.trace):
            low, high = (f"{f(values[-_LOOKED_BACK:]):.6g}" for f in (np.min, np.max))
            between = f"between {low} and {high}" if low != high else f"staying at {low}"
            return "does not settle", (
                f"does not settle: after {steps} it still hops to and fro, the value {between}; "
                f"{smaller}"
            )
        return None

    def _left(self, result: Any, points: NDArray[np.float64]) -> str:
        """Say which saddles and maxima a descent has left."""
        places = [
            f"{self.scale.point(points[step])} after {count(int(step), 'step')}"
            for step in result.trace.escapes
        ]
        return f"came to rest at {', then at '.join(places)}, left there, and " if places else ""

    def _at_rest(self, result: Any, end: Any) -> str:
        """Say at what kind of a point a descent came to rest."""
        place = f"{self.scale.point(flat(end.x))}, where f = {self.scale.height(end)}"
        reached, after = "reached", f", after {count(result.nit, 'step')}"
        if not result.nit:
            reached, after = "starts at", ""
        if end.kind == "minimum":
            return f"{reached} a minimum, {place}{after}"
        if result.nit:
            reached = "stopped at"
        if end.kind in ("saddle", "maximum"):
            down = vector(flat(end.lowest_direction))
            along = f"along {down}" if self.subject.size > 1 else "to either side"
            away = "" if "escape" in self.options else "; a nudge or --escape gets away"
            return (
                f"{reached} a {end.kind}, {place}{after}: {along} the function curves "
                f"downwards{away}"
            )
        if end.kind == "not critical":
            return (
                f"{reached} {place}{after}: the slope there is only "
                f"{result.gradient_norm:.3g}, but no critical point is near, and the function may "
                "go on falling slowly"
            )
        what = "degenerate point" if end.kind == "degenerate" else end.kind
        return f"{reached} a {what}, {place}{after}: {end.reason}"


def _option(start: tuple[float, ...]) -> str:
    """Return the option that gives a start."""
    return f"--start {','.join(f'{coordinate:g}' for coordinate in start)}"


def _goes_on_and_on(trace: Any) -> bool:
    """Whether a descent still moves, and yet has come no lower of late."""
    before, latest = trace.fun[:-_LOOKED_BACK], trace.fun[-_LOOKED_BACK:]
    moves = trace.step[-_LOOKED_BACK:].min() > 0.0
    return bool(moves and len(before) and latest.min() >= before.min())
