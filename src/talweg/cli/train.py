"""``talweg train``: learn an energy from one's own pictures."""

from __future__ import annotations

from typing import Any

import click

from talweg.cli.errors import Exit
from talweg.cli.options import read_positive
from talweg.cli.report import Reporter

__all__ = ["train"]

LEAST_FILTERS, MOST_FILTERS = 8, 192
LEAST_STEPS, MOST_STEPS = 2, 64

HELP = """\
Learn an energy from pictures: what pictures of their kind look like, and how to go down it.

IMAGES are clean pictures, gray or RGB, files or folders (all images in them), at least 64 pixels
wide and high; the more, and the more alike to those that will be restored, the better. They are
damaged at random, restored, and compared with what they were, again and again.

An energy is either for pixels that are lost, or, with --noise, for pictures that are noisy, of
which pixels may be lost too. talweg restore takes the first kind without --noise, the second with.

Of up to twelve of the pictures a part is held out, never learned from, and measured on: by how many
dB the restored picture is above the thin plate's, at a few shares of missing pixels, or above the
noisy picture, at a few levels of noise. What is written to OUT is the best energy by that measure.

It begins with the energy that comes with talweg, or with another one (--from), or with nothing
(--filters). That takes about ten seconds of compiling, then goes on for --minutes.

\b
Examples:
  talweg train textures/ -o textures.energy
  talweg train scans/ -o scans.energy --minutes 60 --plot course.png
  talweg train scans/ -o scans.energy --minutes 90 --resume
  talweg train a.png b.png -o small.energy --filters 32 --steps 8 --missing 0.7,0.9
  talweg train scans/ -o quiet.energy --noise 5,30
  talweg restore damaged.png --energy textures.energy
  talweg restore night.png --energy quiet.energy --noise 15

At every validation a checkpoint is written beside OUT, which is removed when the time is over.
Ctrl-C ends the training, writes the best so far, and keeps the checkpoint; --resume goes on from
it, with a longer --minutes too, and then writes over OUT. A second Ctrl-C ends at once.

\b
Exit codes: 0 trained, 1 failed (as a full disk), 2 wrong usage (as a file that exists), 3 bad
input (as a picture that can't be read; in a folder, such ones are left out), 130 interrupted (the
best so far is written).
"""


def read_minutes(
    ctx: click.Context, option: click.Parameter, minutes: float | None
) -> float | None:
    """Read a finite number above zero, if there is one."""
    return None if minutes is None else read_positive(ctx, option, minutes)


def read_filters(ctx: click.Context, option: click.Parameter, count: int | None) -> int | None:
    """Read a multiple of 8."""
    if count is not None and (count % 8 or not LEAST_FILTERS <= count <= MOST_FILTERS):
        raise click.BadParameter(
            f"{count} is not a multiple of 8 from {LEAST_FILTERS} to {MOST_FILTERS}", ctx, option
        )
    return count


def read_shares(
    ctx: click.Context, option: click.Parameter, text: str | None
) -> tuple[float, float] | None:
    """Read one share, or the least and the largest."""
    if text is None:
        return None
    least, most = _ends(text, "one share or two, as 0.8 or 0.5,0.95", ctx, option)
    if not 0.0 < least <= most < 1.0:
        raise click.BadParameter(
            f"{text!r}: give the least and the largest share, between 0 and 1", ctx, option
        )
    return least, most


def read_levels(
    ctx: click.Context, option: click.Parameter, text: str | None
) -> tuple[float, float] | None:
    """Read one level of noise, or the least and the largest."""
    if text is None:
        return None
    least, most = _ends(text, "one level of noise or two, as 15 or 5,30", ctx, option)
    if not 0.0 < least <= most <= 255.0:
        raise click.BadParameter(
            f"{text!r}: give the least and the largest standard deviation in grey levels, above 0 "
            "and up to 255", ctx, option,
        )  # fmt: skip
    return least, most


def _ends(
    text: str, wanted: str, ctx: click.Context, option: click.Parameter
) -> tuple[float, float]:
    """Read one number, or two."""
    try:
        ends = [float(part) for part in text.split(",")]
    except ValueError:
        ends = []
    if len(ends) not in (1, 2):
        raise click.BadParameter(f"{text!r} is not {wanted}", ctx, option)
    return ends[0], ends[-1]


@click.command(help=HELP, short_help="Learn an energy from pictures.")
@click.argument("images", metavar="IMAGES...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    required=True,
    help="The file to write, which must end in .energy.",
)
@click.option(
    "--minutes",
    metavar="M",
    type=float,
    callback=read_minutes,
    help="How long to train, those before a --resume included.  [default: 10]",
)
@click.option(
    "--filters",
    metavar="N",
    type=int,
    callback=read_filters,
    help="Begin with nothing, with this many filters at each of three scales: a multiple of 8 from "
    f"{LEAST_FILTERS} to {MOST_FILTERS}.",
)
@click.option(
    "--steps",
    metavar="N",
    type=click.IntRange(LEAST_STEPS, MOST_STEPS),
    help=f"How many steps down it are learned, from {LEAST_STEPS} to {MOST_STEPS}; not fewer than "
    "the energy has that it begins with.  [default: as many as that one; 10 with --filters]",
)
@click.option(
    "--missing",
    metavar="LEAST,MOST",
    callback=read_shares,
    help="The shares of pixels lost at random in training.  [default: 0.5,0.95]",
)
@click.option(
    "--noise",
    metavar="LEAST,MOST",
    callback=read_levels,
    help="Train for noise: its standard deviations in grey levels (1/255 of the range); 5,50 for "
    "all that is usual.  [default: no noise]",
)
@click.option(
    "--from",
    "start",
    metavar="fields|FILE",
    help="The learned energy to begin with: fields, which comes with talweg, one for noise and one "
    "without, or one's file.  [default: fields]",
)
@click.option(
    "--rng",
    metavar="SEED",
    type=click.IntRange(min=0),
    help="Seed of the damages.  [default: 0]",
)
@click.option(
    "--plot",
    metavar="FILE",
    help="Draw the loss and the validations: .png, .pdf or .svg.",
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint, with its settings.")
@click.option(
    "--checkpoint",
    metavar="FILE",
    help="Where the training stands, while it runs.  [default: OUT.checkpoint]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress and no notes.")
@click.option("-v", "--verbose", is_flag=True, help="Say more; show where errors come from.")
@click.option("-f", "--force", is_flag=True, help="Overwrite files, a checkpoint included.")
def train(**given: Any) -> Exit:
    """Train an energy on the pictures that the user named."""
    reporter = Reporter(given.pop("quiet"), given.pop("verbose"))

    from talweg.cli.interrupt import Interruption
    from talweg.cli.training import train_on_files
    from talweg.cli.training_request import Request

    request = Request(**given)
    request.check()
    with Interruption() as interruption:
        return train_on_files(request, reporter, interruption)
