"""Numbers and names as `talweg fit` reads them."""

from __future__ import annotations

import math

import click

from talweg.cli.exploring_options import STEPS, closest

__all__ = [
    "LOSS_NAMES",
    "read_batch",
    "read_columns",
    "read_fit_step",
    "read_number",
    "read_share",
    "read_weights",
]

LOSS_NAMES = ("squared", "huber", "absolute", "quantile", "logistic", "poisson")


def read_number(
    ctx: click.Context, option: click.Parameter, number: float | None
) -> float | None:  # fmt: skip
    """Read a finite number above zero; for a penalty zero will do."""
    if number is None:
        return None
    penalty = option.name in ("l1", "l2")
    if not math.isfinite(number) or number < 0.0 or (number == 0.0 and not penalty):
        kind = "a finite number that isn't negative" if penalty else "a finite positive number"
        raise click.BadParameter(f"{number:g} is not {kind}", ctx, option)
    return number


def read_share(ctx: click.Context, option: click.Parameter, number: float | None) -> float | None:
    """Read a number between 0 and 1, both excluded."""
    if number is not None and not 0.0 < number < 1.0:
        raise click.BadParameter(f"{number:g} is not between 0 and 1 (both excluded)", ctx, option)
    return number


def read_columns(
    ctx: click.Context, option: click.Parameter, text: str | None
) -> tuple[str, ...] | None:
    """Read names of columns with commas between them; in double quotes one may hold a comma."""
    if text is None:
        return None
    import csv

    try:
        [names] = csv.reader([text], skipinitialspace=True, strict=True) if text else [[""]]
    except (csv.Error, ValueError) as error:
        raise click.BadParameter(f"{text!r}: {error}", ctx, option) from None
    names = [name.strip() for name in names]
    for place, name in enumerate(names):
        if not name:
            raise click.BadParameter(
                f"{text!r}: a name is empty; give names with commas between them", ctx, option
            )
        if name in names[:place]:
            raise click.BadParameter(f"{text!r}: {name} is named twice", ctx, option)
    return tuple(names)


def read_weights(
    ctx: click.Context, option: click.Parameter, text: str | None
) -> tuple[float, ...] | None:
    """Read finite numbers with commas between them."""
    if text is None:
        return None
    numbers = []
    for part in text.split(","):
        try:
            numbers.append(float(part))
        except ValueError:
            raise click.BadParameter(
                f"{part.strip()!r} is not a number; give w0,w1,... with commas between them",
                ctx, option,
            ) from None  # fmt: skip
        if not math.isfinite(numbers[-1]):
            raise click.BadParameter(f"{part.strip()} is not a finite number", ctx, option)
    return tuple(numbers)


def read_fit_step(
    ctx: click.Context, option: click.Parameter, text: str | None
) -> str | float | None:
    """Read a step size: auto, a number above zero, or the name of a line search."""
    if text is None or text == "auto" or text in STEPS:
        return text
    try:
        number = float(text)
    except ValueError:
        names = ("auto", *STEPS)
        raise click.BadParameter(
            f"{text!r} is neither a number nor {', '.join(names)}{closest(text, names)}",
            ctx, option,
        ) from None  # fmt: skip
    return read_number(ctx, option, number)


def read_batch(ctx: click.Context, option: click.Parameter, text: str | None) -> int | str | None:
    """Read the size of a batch: full, or a whole number above zero."""
    if text is None or text == "full":
        return text
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise click.BadParameter(f"{text!r} is neither full nor a number of rows", ctx, option)
    return number
