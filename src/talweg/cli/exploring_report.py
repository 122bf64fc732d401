"""What `talweg explore` says of what it found: as text, and as JSON."""

from __future__ import annotations

import dataclasses
import shutil
import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.cli.exploring_numbers import Scale, count, finite, flat, table
from talweg.cli.exploring_subject import tell_box

if TYPE_CHECKING:
    from talweg.cli.exploring_subject import Subject
    from talweg.cli.exploring_ways import Way

__all__ = ["CROWD", "Findings", "landscape_lines", "landscape_records"]

CROWD = 500
"""Critical points beyond which they may be no single points, nor are all of them drawn."""

_MOST_ROWS = 20
_MOST_COLUMNS = 6
_PLURALS = {"maximum": "maxima", "not critical": "not critical", "degenerate": "degenerate"}


@dataclasses.dataclass
class Findings:
    """All that was found out about a function.

    Parameters
    ----------
    subject : Subject
    scale : Scale
    constant : float or None
        Its value, if that is the same everywhere in the box.
    points : list of CriticalPoint
    ways : list of Way
    minima : Minima, optional
        Where many starts led to, by `method`.
    method : str
    """

    subject: Subject
    scale: Scale
    constant: float | None
    points: list[Any] = dataclasses.field(default_factory=list)
    ways: list[Way] = dataclasses.field(default_factory=list)
    minima: Any = None
    method: str = ""

    def lines(self, verbose: bool) -> list[str]:
        """Return the text."""
        blocks = [self._head(verbose), self._critical_points()]
        if self.minima is not None:
            blocks.append(self._basins())
        if self.ways:
            blocks.append(self._descents(verbose))
        return "\n\n".join("\n".join(block) for block in blocks).splitlines()

    def _head(self, verbose: bool) -> list[str]:
        subject = self.subject
        named = bool(subject.about)
        first = f"{subject.name}: {subject.formula}" if named else subject.name
        lines = [first, f"  {tell_box(subject.variables, subject.box)}"]
        if named:
            lines += _wrapped(subject.about, "  ")
        if named and verbose:
            lines += _wrapped(f"Source: {subject.source}", "  ")
        return lines

    def _critical_points(self) -> list[str]:
        if self.constant is not None:
            return [f"Critical points: every point; the function is constant, {self.constant:.6g}"]
        if not self.points:
            return ["Critical points: none was found in the box"]
        kinds = Counter(str(point.kind) for point in self.points)
        parts = [count(number, kind, _plural(kind)) for kind, number in kinds.items()]
        lines = [f"Critical points: {', '.join(parts)}"]
        one = self.subject.size == 1
        curvatures = ["curvature"] if one else ["lowest curvature", "highest curvature"]
        head = ["kind", *self._coordinate_names(), "value", *curvatures]
        lines += table(head, map(self._row, self.points[:_MOST_ROWS]))
        if len(self.points) > _MOST_ROWS:
            lines.append(f"  and {len(self.points) - _MOST_ROWS} more; --json has them all")
        if len(self.points) > CROWD:
            lines.append("  So many may fill a line or an area on which the slope vanishes.")
        return lines

    def _coordinate_names(self) -> list[str]:
        names = self.subject.variables
        return list(names) if len(names) <= _MOST_COLUMNS else ["point"]

    def _coordinates(self, x: Any) -> list[str]:
        if self.subject.size <= _MOST_COLUMNS:
            return self.scale.coordinates(flat(x))
        return [self.scale.point(flat(x))]

    def _row(self, point: Any) -> list[str]:
        curvatures = [point.lowest_curvature, point.highest_curvature]
        if self.subject.size == 1:
            curvatures = curvatures[:1]
        zero = float(getattr(point, "tolerance", 0.0))
        if point.kind == "kink":  # where the slope jumps, nothing tells how it curves
            curvatures = [np.nan] * len(curvatures)
        told = [_curvature(float(curvature), zero) for curvature in curvatures]
        return [str(point.kind), *self._coordinates(point.x), self.scale.height(point), *told]

    def _basins(self) -> list[str]:
        minima = self.minima
        total = np.size(minima.which)
        lines = [f"Basins: where {self.method} ended from {total} starts all over the box"]
        head = ["minimum", *self._coordinate_names(), "value", "starts", "share"]
        rows = []
        for k, point in enumerate(minima.points[:_MOST_ROWS]):
            share = f"{100.0 * minima.counts[k] / total:.1f} %"
            place = [*self._coordinates(point.x), self.scale.height(point)]
            rows.append([_letter(k), *place, f"{minima.counts[k]}", share])
        lines += table(head, rows)
        if len(minima.points) > _MOST_ROWS:
            lines.append(f"  and {len(minima.points) - _MOST_ROWS} more; --json has them all")
        lost = int(np.count_nonzero(np.asarray(minima.which) < 0))
        if lost:
            lines.append(f"  {count(lost, 'start')} led to none")
        return lines

    def _descents(self, verbose: bool) -> list[str]:
        lines = []
        if len(self.ways) > 1:
            head = ["descent", "ended", "iterations", "evaluations", "value"]
            lines += ["Descents", *table(head, map(_summary, self.ways), words=2)]
        for way in self.ways:
            start = "" if "from" in way.name else f" from {self.scale.point(way.start)}"
            lines += _wrapped(f"{way.name}{start}: {way.verdict}", "")
            if verbose:
                evaluations = count(way.result.nfev, "evaluation")
                lines += _wrapped(f"{evaluations}; {way.result.message}", "  ")
        return lines

    def record(self) -> dict[str, Any]:
        """Return all of it for JSON."""
        subject = self.subject
        document: dict[str, Any] = {
            "name": subject.name,
            "formula": subject.formula or None,
            "variables": list(subject.variables),
            "box": [list(interval) for interval in subject.box],
            "constant": self.constant is not None,
            "critical_points": [_record(point) for point in self.points],
            "descents": [way.record() for way in self.ways],
        }
        if self.minima is not None:
            minima = self.minima
            document["basins"] = {
                "method": self.method,
                "starts": int(np.size(minima.which)),
                "lost": int(np.count_nonzero(np.asarray(minima.which) < 0)),
                "minima": [
                    {"x": flat(x).tolist(), "fun": finite(fun), "starts": int(number)}
                    for x, fun, number in zip(minima.x, minima.fun, minima.counts, strict=True)
                ],
            }
        return document


def _letter(k: int) -> str:
    """Return A, B, ..., Z, AA, AB, ..., as the picture of the basins has it."""
    ahead = _letter(k // 26 - 1) if k >= 26 else ""
    return ahead + chr(ord("A") + k % 26)


def _plural(kind: str) -> str:
    if kind in _PLURALS:
        return _PLURALS[kind]
    return kind.replace("minimum", "minima") if kind.endswith("minimum") else f"{kind}s"


def _curvature(curvature: float, zero: float) -> str:
    if not np.isfinite(curvature):
        return "-"
    return "0" if abs(curvature) < zero else f"{curvature:.6g}"


def _summary(way: Way) -> list[str]:
    result = way.result
    return [way.name, way.outcome, f"{result.nit}", f"{result.nfev}", f"{result.fun:.6g}"]


def _record(point: Any) -> dict[str, Any]:
    return {
        "kind": str(point.kind),
        "x": flat(point.x).tolist(),
        "fun": finite(point.fun),
        "gradient_norm": finite(point.gradient_norm),
        "lowest_curvature": finite(point.lowest_curvature),
        "highest_curvature": finite(point.highest_curvature),
        "lowest_direction": [finite(c) for c in flat(point.lowest_direction)],
        "highest_direction": [finite(c) for c in flat(point.highest_direction)],
        "reason": str(point.reason),
    }


def _wrapped(text: str, indent: str) -> list[str]:
    """Break a sentence into lines."""
    width = min(max(shutil.get_terminal_size().columns, 40), 100)
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent or "  ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def landscape_lines() -> list[str]:
    """List the landscapes, with a line or two each."""
    from talweg.landscapes import LANDSCAPES

    lines: list[str] = []
    width = max(map(len, LANDSCAPES))
    for size, head in ((1, "Landscapes of one variable:"), (2, "Landscapes of two variables:")):
        lines += [*([""] if lines else []), head]
        for landscape in LANDSCAPES.values():
            if landscape.dimension == size:
                told = _wrapped(landscape.about, " " * (width + 4))
                lines += [f"  {landscape.name:{width}}  {told[0].lstrip()}", *told[1:]]
    return lines


def landscape_records() -> list[dict[str, Any]]:
    """Return the landscapes for JSON."""
    from talweg.landscapes import LANDSCAPES

    return [
        {
            "name": landscape.name,
            "formula": landscape.formula,
            "variables": landscape.dimension,
            "box": [list(interval) for interval in landscape.pairs],
            "start": list(landscape.start),
            "about": landscape.about,
            "source": landscape.source,
        }
        for landscape in LANDSCAPES.values()
    ]
