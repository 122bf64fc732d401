"""Points, boxes, steps and names of methods, as `talweg explore` reads them."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Sequence

import click

from talweg.cli.errors import CommandError, Exit
from talweg.cli.options import read_positive

__all__ = [
    "STEPS",
    "FormulaCommand",
    "closest",
    "read_box",
    "read_boxes",
    "read_point",
    "read_points",
    "read_several",
    "read_size",
]

STEPS = ("backtracking", "nonmonotone", "strong_wolfe")


class FormulaCommand(click.Command):
    """A command whose argument may be a formula that begins with a minus sign."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read what was given; put a space before such a formula, so that it is no option."""
        valued = {
            name
            for option in self.get_params(ctx)
            if isinstance(option, click.Option) and not option.is_flag
            for name in option.opts
        }
        given = [
            f" {arg}" if last not in valued and self._is_formula(ctx, arg) else arg
            for last, arg in zip([None, *args], args, strict=False)
        ]
        try:
            return super().parse_args(ctx, given)
        except click.UsageError as error:
            if "extra argument" not in error.message:
                raise
            raise click.UsageError(
                f"{error.message.rstrip('.')}. Put the formula in quotes.", ctx
            ) from None

    def _is_formula(self, ctx: click.Context, text: str) -> bool:
        """Whether something behind a minus sign reads as a formula, and not as options."""
        match = re.match(r"-\s*(?:[0-9.(]|([a-z]\w*))", text)
        flags = {
            name[1]
            for option in self.get_params(ctx)
            for name in option.opts
            if len(name) == 2 and isinstance(option, click.Option)
        }
        if match is None or set(text[1:]) <= flags | {"h"}:
            return False
        return match[1] is None or _is_name(match[1])


def _is_name(name: str) -> bool:
    """Whether a formula may begin with a name."""
    from talweg.formula_operations import CONSTANTS, FUNCTIONS
    from talweg.formula_reader import LETTERS

    return name in (*LETTERS, *CONSTANTS, *FUNCTIONS) or re.fullmatch(r"x\d+", name) is not None


def read_point(text: str) -> tuple[float, ...]:
    """Read finite numbers with commas between them; a number may be a formula, as pi/2.

    Raises
    ------
    ValueError
        If one is none; the message says which.

    Examples
    --------
    >>> read_point("-1.5, 2")
    (-1.5, 2.0)
    """
    return tuple(_number(part) for part in text.split(","))


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = _constant(text)
    if not math.isfinite(number):
        raise ValueError(f"{text.strip()} is not a finite number")
    return number


def _constant(text: str) -> float:
    """Read a formula without variables."""
    from talweg.formula import FormulaError, parse

    try:
        formula = parse(text)
    except FormulaError:
        formula = None
    if formula is None or formula.variables:
        raise ValueError(f"{text.strip()!r} is not a number") from None
    return float(formula([]))


def read_points(
    ctx: click.Context, option: click.Parameter, texts: Sequence[str]
) -> tuple[tuple[float, ...], ...]:
    """Read an option that gives points."""
    points = []
    for text in texts:
        try:
            points.append(read_point(text))
        except ValueError as error:
            problem = f"{text!r}: {error}; give the coordinates with commas between them, as 1,0"
            raise click.BadParameter(problem, ctx, option) from None
    return tuple(points)


def read_boxes(
    ctx: click.Context, option: click.Parameter, texts: Sequence[str]
) -> tuple[tuple[float, float], ...]:
    """Read an option that gives intervals."""
    intervals = []
    for text in texts:
        try:
            intervals.append(_interval(read_point(text)))
        except ValueError as error:
            raise click.BadParameter(f"{text!r}: {error}", ctx, option) from None
    return tuple(intervals)


def _interval(numbers: tuple[float, ...]) -> tuple[float, float]:
    if len(numbers) != 2:
        many = "one number" if len(numbers) == 1 else f"{len(numbers)} numbers"
        raise ValueError(
            f"this is {many}; give LOW,HIGH, as -3,3, once for all variables or once for each"
        )
    low, high = numbers
    if low > high:
        raise ValueError(f"the lower end is above the upper one; write {high:g},{low:g}")
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        raise ValueError("this has no width; make the upper end larger")
    if not math.isfinite(high - low):
        raise ValueError("this is too wide")
    return low, high


def read_box(
    intervals: Sequence[tuple[float, float]], size: int, names: str
) -> tuple[tuple[float, float], ...]:
    """Return an interval for every variable.

    Raises
    ------
    CommandError
        If there is neither one for all nor one for each: exit code 2.
    """
    if len(intervals) not in (1, size):
        each = "" if size == 1 else f", or {size} times, once for each"
        raise CommandError(
            f"--box was given {len(intervals)} times, and there {names}; give it once{each}",
            Exit.USAGE,
        )
    return tuple(intervals) * (size if len(intervals) == 1 else 1)


def read_size(ctx: click.Context, option: click.Parameter, text: str | None) -> str | float | None:
    """Read a step size: a number above zero, or the name of a line search."""
    if text is None or text in STEPS:
        return text
    try:
        return read_positive(ctx, option, float(text))
    except ValueError:
        problem = f"{text!r} is neither a number nor {', '.join(STEPS)}{closest(text, STEPS)}"
        raise click.BadParameter(problem, ctx, option) from None


def read_several(ctx: click.Context, option: click.Parameter, text: str | None) -> tuple[str, ...]:
    """Read names with commas between them."""
    if text is None:
        return ()
    names = tuple(name.strip() for name in text.split(","))
    if "" in names:
        problem = f"{text!r}: a name is empty; give names with commas between them"
        raise click.BadParameter(problem, ctx, option)
    for name in names:
        if names.count(name) > 1:
            raise click.BadParameter(f"{text!r}: {name} is named twice", ctx, option)
    return names


def closest(name: str, names: Iterable[str]) -> str:
    """Return "; did you mean ...?" if there is a name that comes close.

    Examples
    --------
    >>> closest("lbgfs", ["gradient", "lbfgs"])
    '; did you mean lbfgs?'
    """
    written = name.strip().lower().replace("-", "_").replace(" ", "_")
    known = list(names)
    found = [name for name in known if written and written in name]
    found = (found or difflib.get_close_matches(written, known))[:3]
    return f"; did you mean {' or '.join(found)}?" if found else ""
