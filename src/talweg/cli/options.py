"""Options that several commands read alike."""

from __future__ import annotations

import math

import click

__all__ = [
    "STEP_NAMES",
    "channel_axis_option",
    "missing_option",
    "read_axis",
    "read_positive",
    "read_positive_or_none",
    "read_step",
]

STEP_NAMES = ("backtracking", "strong_wolfe")


def read_axis(ctx: click.Context, option: click.Parameter, text: str) -> str | int | None:
    """Read a channel axis: auto, none or a number."""
    if text in ("auto", "none"):
        return "auto" if text == "auto" else None
    try:
        return int(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not auto, none or a number", ctx, option) from None


def read_positive(ctx: click.Context, option: click.Parameter, number: float) -> float:
    """Read a finite number above zero."""
    if not (math.isfinite(number) and number > 0.0):
        raise click.BadParameter(f"{number:g} is not a positive number", ctx, option)
    return number


def read_positive_or_none(
    ctx: click.Context, option: click.Parameter, number: float | None
) -> float | None:
    """Read a finite number above zero, or none."""
    return None if number is None else read_positive(ctx, option, number)


def read_step(ctx: click.Context, option: click.Parameter, text: str | None) -> str | float | None:
    """Read a step size: a number above zero, or the name of a line search."""
    if text is None or text in STEP_NAMES:
        return text
    try:
        return read_positive(ctx, option, float(text))
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is neither a number nor {' nor '.join(STEP_NAMES)}", ctx, option
        ) from None


channel_axis_option = click.option(
    "--channel-axis",
    metavar="auto|none|N",
    default="auto",
    show_default=True,
    callback=read_axis,
    help="Which axis of a .npy or TIFF file holds the channels; none says that all are space.",
)

missing_option = click.option(
    "--missing",
    metavar="SHARE",
    type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True),
    default=0.9,
    show_default=True,
    help="The probability of loss.",
)
