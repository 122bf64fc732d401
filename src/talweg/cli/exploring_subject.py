"""What `talweg explore` looks at: a landscape, a formula, or a function in a file."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.cli import function_file
from talweg.cli.errors import CommandError, Exit
from talweg.cli.exploring_options import closest, read_box
from talweg.cli.function_file import FunctionFile
from talweg.cli.report import Reporter
from talweg.formula import FormulaError, parse

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Subject", "find_subject"]

Intervals = tuple[tuple[float, float], ...]

USUAL = (-3.0, 3.0)
"""The box of what has none of its own."""

_BEYOND = 0.1  # as much is seen behind a start, by the box's width
_TRIED = {1: 401, 2: 2601}  # points at which a function is looked at; a square for two variables
_TRIED_MORE = 1000


@dataclasses.dataclass(frozen=True)
class Subject:
    """A function to explore.

    Parameters
    ----------
    name : str
        A landscape's, a file's with its function's, or the formula itself.
    fun : callable
        Of an array of shape (n,).
    variables : tuple of str
    box : tuple of (low, high)
        What is looked at, a pair for each variable.
    starts : tuple of tuple of float
        Those that were given, or the landscape's own.
    formula, about, source : str
        Empty where there is none.
    file : FunctionFile, optional
        Where the function comes from.
    known : sequence of KnownPoint
        A landscape's critical points, all in its own box.
    """

    name: str
    fun: Callable[[Any], Any]
    variables: tuple[str, ...]
    box: Intervals
    starts: tuple[tuple[float, ...], ...] = ()
    formula: str = ""
    about: str = ""
    source: str = ""
    file: FunctionFile | None = None
    known: Sequence[Any] = ()

    @property
    def size(self) -> int:
        """Number of variables."""
        return len(self.variables)

    @property
    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The corners of the box."""
        lower, upper = np.array(self.box).T
        return lower, upper

    def blamed(self) -> contextlib.AbstractContextManager[None]:
        """Call the function in here: what a user's own function raises is an error of its file."""
        return contextlib.nullcontext() if self.file is None else self.file.blamed()

    def value(self, point: Sequence[float]) -> float:
        """Return the value at a point."""
        from talweg.plots.grid import evaluate

        return float(evaluate(self.fun, np.array([point], float))[0])

    def values(self) -> tuple[NDArray[np.float64], int]:
        """Return the finite values among those at many points of the box, and how many are not.

        Raises
        ------
        CommandError
            If there is none: exit code 3.
        """
        values, tried = self._sampled()
        values = values[np.isfinite(values)]
        if not values.size:
            where = tell_box(self.variables, self.box)
            raise CommandError(
                f"{self.name}: there is no finite real value at any of {tried} points tried with "
                f"{where}; choose a --box in which it is defined",
                Exit.BAD_INPUT,
            )
        return values, tried - values.size

    def _sampled(self) -> tuple[NDArray[np.float64], int]:
        from talweg.landscapes.sampling import sample
        from talweg.plots.grid import evaluate

        lower, upper = self.bounds
        with self.blamed():
            if self.size <= 2:
                resolution = round(_TRIED[self.size] ** (1 / self.size))
                _, values = sample(self.fun, list(self.box), resolution)
            else:
                shares = np.random.default_rng(0).random((_TRIED_MORE, self.size))
                values = evaluate(self.fun, lower + shares * (upper - lower))
        return values.ravel(), values.size


def tell_box(variables: Sequence[str], box: Intervals) -> str:
    """Say what the box is.

    Examples
    --------
    >>> tell_box(("x", "y"), ((-3.0, 3.0), (-3.0, 3.0)))
    'x and y from -3 to 3'
    """
    if len(box) > 1 and len(set(box)) == 1:
        low, high = box[0]
        names = f"{variables[0]} and {variables[1]}" if len(box) == 2 else "all variables"
        return f"{names} from {low:g} to {high:g}"
    each = [
        f"{name} from {low:g} to {high:g}" for name, (low, high) in zip(variables, box, strict=True)
    ]
    return ", ".join(each)


def find_subject(
    text: str, starts: tuple[tuple[float, ...], ...], intervals: Intervals, reporter: Reporter
) -> Subject:
    """Find what was named: a landscape, else a function in a file, else a formula.

    Raises
    ------
    CommandError
        If it is none of them (exit code 3), or starts and box don't fit to it (exit code 2).
    """
    text = text.strip()
    if text.endswith(".py") or ".py:" in text:
        return _of_file(text, starts, intervals)
    try:
        formula = parse(text)
    except FormulaError as error:
        if re.fullmatch(r"[A-Za-z][\w -]*", text):  # no formula, but it may be a name
            return _landscape(text, error, starts, intervals, reporter)
        raise _formula_error(error, reporter) from None
    counted = len(starts[0]) if starts else len(intervals)
    variables = formula.variables or _names(max(counted, 1))
    box = _settle(f"{text} has", variables, starts, intervals, None)
    return Subject(text, formula, variables, box, starts, formula=text)


def _formula_error(error: FormulaError, reporter: Reporter) -> CommandError:
    """Show the place in the formula, and return the error in one line."""
    if error.text.strip():
        for line in str(error).splitlines()[1:3]:
            reporter.note(line)
    hint = f" ({error.hint})" if error.hint else ""
    return CommandError(f"{error.problem}{hint}", Exit.BAD_INPUT)


def _landscape(
    name: str, error: FormulaError, starts: tuple[tuple[float, ...], ...], intervals: Intervals,
    reporter: Reporter,
) -> Subject:  # fmt: skip
    from talweg.landscapes import LANDSCAPES

    if name not in LANDSCAPES:
        close = closest(name, LANDSCAPES)
        if not close:
            raise _formula_error(error, reporter)
        raise CommandError(
            f"{name!r} is neither a landscape nor a formula{close} (talweg explore --list names "
            "them all)",
            Exit.BAD_INPUT,
        )
    found = LANDSCAPES[name]
    variables = _names(found.dimension)
    box = _settle(f"{name} has", variables, starts, intervals, tuple(found.pairs))
    own = not starts and _inside(found.start, box)
    return Subject(
        name, found.fun, variables, box, (found.start,) if own else starts, found.formula,
        found.about, found.source, known=found.critical_points,
    )  # fmt: skip


def _of_file(
    text: str, starts: tuple[tuple[float, ...], ...], intervals: Intervals
) -> Subject:  # fmt: skip
    named = function_file.split(text)
    if named is None:
        raise CommandError(
            f"{text}: name the function in it too, as {text.partition('.py')[0]}.py:FUNC",
            Exit.USAGE,
        )
    size = len(starts[0]) if starts else len(intervals)
    if not size:
        raise CommandError(
            f"{text}: how many variables it has isn't known; give --start, or --box once for each",
            Exit.USAGE,
        )
    variables = _names(size)
    box = _settle(f"{text} has by --start", variables, starts, intervals, None)
    file = FunctionFile(*named, text, "--start")
    fun = file.load()
    if size == 1:
        from talweg.plots.grid import of_an_array

        with file.blamed():
            fun = of_an_array(fun, starts[0][0] if starts else sum(box[0]) / 2.0)
    return Subject(text, fun, variables, box, starts, file=file)


def _names(size: int) -> tuple[str, ...]:
    """Name variables that have no names."""
    return ("x", "y")[:size] if size <= 2 else tuple(f"x{i}" for i in range(size))


def _settle(
    whose: str, variables: tuple[str, ...], starts: tuple[tuple[float, ...], ...],
    intervals: Intervals, own: Intervals | None,
) -> Intervals:  # fmt: skip
    """Return the box, given, or the landscape's own, or the usual one, with the starts in it."""
    size = len(variables)
    many = "1 variable" if size == 1 else f"{size} variables"
    many += f" ({', '.join(variables)})" if size <= 6 else ""
    for start in starts:
        if len(start) != size:
            raise CommandError(
                f"--start {_told(start)}: {_count(len(start), 'coordinate')}, and {whose} {many}",
                Exit.USAGE,
            )
    if not intervals:
        return tuple(
            _widened(interval, [start[i] for start in starts])
            for i, interval in enumerate(own or (USUAL,) * size)
        )
    are = f"{'is' if size == 1 else 'are'} {many}"
    box = read_box(intervals, size, are)
    for start in starts:
        if not _inside(start, box):
            raise CommandError(
                f"--start {_told(start)} is outside the box, {tell_box(variables, box)}; start "
                "inside, or give a wider --box",
                Exit.USAGE,
            )
    return box


def _told(point: Sequence[float]) -> str:
    return ",".join(f"{number:g}" for number in point)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _inside(point: Sequence[float], box: Intervals) -> bool:
    return all(low <= at <= high for at, (low, high) in zip(point, box, strict=True))


def _widened(interval: tuple[float, float], points: list[float]) -> tuple[float, float]:
    """Return an interval that holds the points too, and a little behind them."""
    low, high = min([interval[0], *points]), max([interval[1], *points])
    behind = _BEYOND * (high - low)
    wide = (
        low if low == interval[0] else low - behind,
        high if high == interval[1] else high + behind,
    )
    if not np.isfinite(wide[1] - wide[0]):
        raise CommandError(f"--start: {max(points, key=abs):g} is too far away", Exit.USAGE)
    return wide
