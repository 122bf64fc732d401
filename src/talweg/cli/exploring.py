"""Exploring one function: what fits together, what is found, what is drawn."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.cli.cache import keep_compiled
from talweg.cli.errors import CommandError, Exit
from talweg.cli.exploring_numbers import Scale, flat
from talweg.cli.exploring_options import closest
from talweg.cli.exploring_pictures import Views, draw, write_movie, write_picture
from talweg.cli.exploring_report import CROWD, Findings
from talweg.cli.exploring_subject import Subject
from talweg.cli.exploring_ways import Descents
from talweg.cli.report import Reporter
from talweg.critical_point_search import find_critical_points
from talweg.minima import minimize_many

if TYPE_CHECKING:
    from talweg.cli.interrupt import Interruption

__all__ = ["Request", "find", "fit", "write"]

USUAL_METHOD = "gradient"
BASIN_METHOD = "lbfgs"  # ten thousand descents are to be quick
STARTS = 512  # a coordinate, a round; rounds go on until one finds nothing new
BASIN_STARTS = {1: 1001, 2: 101}  # along each axis
MORE_STARTS = 1000

_NEAR = 1e-2  # share of the box: a slow descent ends no nearer to where it leads
_SAME = 1e-13
"""What is the same everywhere varies by no more than this, beside its size: rounding."""


@dataclasses.dataclass(frozen=True)
class Request:
    """What the user asked for, by the names of the options."""

    starts: tuple[tuple[float, ...], ...] = ()
    method: str | None = None
    compare: tuple[str, ...] = ()
    step: float | str | None = None
    max_iter: int | None = None
    escape: bool = False
    output: str | None = None
    movie: str | None = None
    surface: bool = False
    field: bool = False
    basins: bool = False
    step_sizes: bool = False
    seed: int = 0
    force: bool = False
    verbose: bool = False

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods to descend by."""
        return self.compare or (self.method or USUAL_METHOD,)

    @property
    def limits(self) -> dict[str, Any]:
        """The options of a descent, of those that were given."""
        given = {"step": self.step, "max_iter": self.max_iter}
        return {name: value for name, value in given.items() if value is not None}

    def check(self) -> None:
        """Refuse what can't go together.

        Raises
        ------
        CommandError
            With exit code 2.
        """
        for first, second in (
            ("method", "compare"), ("surface", "field"), ("surface", "basins"),
            ("surface", "step_sizes"), ("field", "step_sizes"), ("basins", "step_sizes"),
            ("compare", "step_sizes"), ("escape", "step_sizes"),
        ):  # fmt: skip
            if getattr(self, first) and getattr(self, second):
                raise _usage(f"{_option(first)} and {_option(second)} can't go together; drop one")
        for name in ("surface", "field", "step_sizes"):
            if getattr(self, name) and self.output is None and self.movie is None:
                raise _usage(f"{_option(name)} is for a picture; say where to write it, -o FILE")
        if self.step_sizes:
            if self.methods != (USUAL_METHOD,) or isinstance(self.step, str):
                raise _usage("--step-sizes is of --method gradient with a constant --step")
            if len(self.starts) > 1:
                raise _usage("--step-sizes takes one --start")

    def check_methods(self) -> None:
        """Refuse methods that there aren't, or that take no such step.

        Raises
        ------
        CommandError
            With exit code 2.
        """
        from talweg.methods import METHODS, read_method

        option = "--compare" if self.compare else "--method"
        for name in self.methods:
            if name not in METHODS:
                raise _usage(
                    f"{option}: {name!r} is unknown{closest(name, METHODS)} (there are "
                    f"{', '.join(METHODS)})"
                )
            try:
                read_method(name, self.step, {})
            except (TypeError, ValueError) as error:
                raise _usage(f"--step: {error}") from error


def _usage(problem: str) -> CommandError:
    return CommandError(problem, Exit.USAGE)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def fit(subject: Subject, request: Request) -> Subject:
    """Refuse what means nothing for this function, and leave out a descent nobody asked for.

    Raises
    ------
    CommandError
        With exit code 2.
    """
    drawn = "-o" if request.output is not None else "--movie" if request.movie is not None else ""
    if subject.size > 2 and drawn:
        raise _usage(
            f"{drawn}: pictures are drawn of functions of one or two variables, and this one has "
            f"{subject.size}; without {drawn} its critical points are found all the same"
        )
    for name in ("surface", "field"):
        if getattr(request, name) and subject.size != 2:
            raise _usage(f"{_option(name)} is drawn of functions of two variables; this has one")
    asked = ["movie", "step_sizes", "compare", "escape"]
    if not request.basins:  # which are made of descents too
        asked += ["method", "step", "max_iter"]
    asked = [name for name in asked if getattr(request, name)]
    if asked and not subject.starts:
        where = ",".join(subject.variables[:6]).upper()
        raise _usage(f"{_option(asked[0])} is of a descent; say where it starts, --start {where}")
    if request.basins and not request.starts and not asked:
        return dataclasses.replace(subject, starts=())
    return subject


def find(subject: Subject, request: Request, interruption: Interruption) -> Findings:
    """Look for critical points, for basins, and down from every start.

    Raises
    ------
    CommandError
        If the function has no finite value in the box, or at a start: exit code 3.
    """
    keep_compiled()
    values, undefined = subject.values()
    # Where it is hardly anywhere finite, as beyond 1e154 squared, few values tell nothing.
    same = values.size >= undefined and bool(np.ptp(values) <= _SAME * np.abs(values).max())
    scale = Scale(subject.variables, subject.bounds)
    findings = Findings(subject, scale, float(values[0]) if same else None)
    if not same:
        with subject.blamed():
            findings.points = _critical_points(subject, request)
            if request.basins:
                findings.method = request.method or BASIN_METHOD
                findings.minima = _minima(subject, request, findings.method)
    options = {**request.limits, **({"escape": True} if request.escape else {})}
    descents = Descents(subject, scale, options, constant=same)
    for start in subject.starts:
        for method in request.methods:
            if not interruption.asked:
                name = method
                if len(subject.starts) > 1:
                    name = f"{method} from {scale.point(start)}"
                findings.ways.append(descents.run(name, method, start, interruption))
    _add_ends(findings)
    return findings


def _add_ends(findings: Findings) -> None:
    """Add critical points of the box that the search has missed, but a descent came to."""
    lower, upper = findings.subject.bounds
    ends = [way.end for way in findings.ways if way.end is not None]
    ends += [] if findings.minima is None else findings.minima.points
    for end in ends:
        x = flat(end.x)
        known = any(
            np.all(np.abs(flat(point.x) - x) <= _NEAR * (upper - lower))
            for point in findings.points
        )
        inside = bool(np.all((lower <= x) & (x <= upper)))
        if inside and not known and end.kind in ("minimum", "maximum", "saddle", "kink"):
            findings.points.append(end)
    findings.points.sort(key=lambda point: float(point.fun))


def _critical_points(subject: Subject, request: Request) -> list[Any]:
    try:
        return find_critical_points(
            subject.fun, list(subject.box), starts=STARTS * subject.size, seed=request.seed
        )
    except ValueError as error:
        if subject.file is not None:
            raise
        raise CommandError(
            f"{subject.name}: no critical points can be sought in this box: {error}",
            Exit.BAD_INPUT,
        ) from error


def _minima(subject: Subject, request: Request, method: str) -> Any:
    """Descend from a grid of starts, or from random ones where there are too many variables."""
    lower, upper = subject.bounds
    if subject.size == 2:
        from talweg.plots import grid_starts

        starts = grid_starts(list(subject.box), BASIN_STARTS[2])
    elif subject.size == 1:
        starts = np.linspace(lower, upper, BASIN_STARTS[1])
    else:
        shares = np.random.default_rng(request.seed).random((MORE_STARTS, subject.size))
        starts = lower + shares * (upper - lower)
    return minimize_many(
        subject.fun, starts, method=method, bounds=list(subject.box), **request.limits
    )


def write(findings: Findings, request: Request, reporter: Reporter) -> dict[str, str | None]:
    """Draw what was found, and write the picture and the movie that were asked for.

    Returns
    -------
    dict
        The names of both, for JSON.
    """
    files = {"output": request.output, "movie": request.movie}
    if not any(files.values()):
        return files
    views = Views(request.surface, request.field, request.step_sizes, request.basins)
    subject = findings.subject
    if request.movie is not None and all(len(way.points) < 2 for way in findings.ways):
        raise CommandError(
            f"--movie {request.movie}: no descent took a step, so that there is nothing to show; "
            "start elsewhere",
            Exit.BAD_INPUT,
        )
    points = findings.points[:: -(-len(findings.points) // CROWD) or 1]
    figure = draw(subject, points, findings.ways, findings.minima, views, request.step)
    if request.movie is not None:
        with subject.blamed():
            frames = write_movie(figure, request.movie, request.force)
        reporter.note(f"{request.movie}: {frames} frames")
    if request.output is not None:
        write_picture(figure, request.output, request.force)
        reporter.note(f"{request.output}: written")
    return files
