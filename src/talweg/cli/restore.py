"""``talweg restore``: fill in the lost pixels of images."""

from __future__ import annotations

from typing import Any

import click

from talweg.cli.errors import CommandError, Exit
from talweg.cli.options import channel_axis_option, read_positive, read_positive_or_none, read_step
from talweg.cli.output import STREAM, Job, plan
from talweg.cli.report import Reporter, binary_stdout, print_json

__all__ = ["restore"]

METHOD_NAMES = (
    "lbfgs", "conjugate_gradient", "barzilai_borwein", "gradient", "momentum", "nesterov", "sign",
    "adam",
)  # fmt: skip

HELP = """\
Restore the lost pixels of images; the known pixels stay bit for bit, unless --noise says that
they are noisy.

IMAGE is a file, a folder (all images in it), or - for standard input. The restored image is
written beside it, photo.png as photo.restored.png, in the same format if that is lossless, else
as PNG. PNG, TIFF and .npy keep 8 and 16 bits, floats and NaN.

Lost pixels are those that are NaN; if none is, those that are fully transparent; if none is, those
that are pure black or pure white. What was found is always said. --mask says it otherwise.

\b
Energies, what a good image is:
  auto           fields for images of rows and columns, else thin_plate (the default)
  fields         learned from photographs
  thin_plate     smooth in its bends
  membrane       smooth in its slopes
  tv             flat areas with sharp edges
  rows           the norms of each row's and each column's differences
  FILE.energy    one that talweg train has learned from your own images
  FILE.py:FUNC   your own: a function of one channel, an array with values scaled
                 to [0, 1], written with numpy or jax.numpy, that returns one number.
                 This RUNS THE CODE IN FILE: give only files that you trust.

\b
Examples:
  talweg restore damaged.png
  talweg restore damaged.png -o whole.png --mask lost.png    white where a pixel is lost
  talweg restore scan.tif --mask '#ff00ff' --energy tv
  talweg restore frames/ -o restored/ --json > report.jsonl
  talweg restore damaged.png --reference clean.png           PSNR and SSIM too
  talweg restore damaged.png --live terminal --movie descent.gif
  talweg restore night.png --noise 15               lessen noise; nothing need be lost
  talweg restore - < damaged.png > whole.png

Ctrl-C ends the descent and writes the best so far; a second one ends at once.

\b
Exit codes: 0 restored, 1 failed (as a full disk), 2 wrong usage (as an output that exists),
3 bad input, 4 didn't converge (the best result is written), 130 interrupted (the best so far
is written). With several images, the code of the first failure; the others are still done.
"""


@click.command(help=HELP, short_help="Fill in the lost pixels of images.")
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@click.option("-o", "--output", metavar="OUT", help="A file, a folder, or - (standard output).")
@click.option(
    "--mask",
    metavar="MASK",
    help="Which pixels are lost: auto (pure black or white), alpha (fully transparent), nan, a "
    "colour such as '#ff00ff' or 0, or a file that is white where pixels are lost.",
)
@click.option(
    "--energy",
    metavar="ENERGY",
    default="auto",
    show_default=True,
    help="auto, fields, thin_plate, membrane, tv, rows, the FILE.energy of a learned one, or "
    "FILE.py:FUNC, which runs the code in FILE. -v says what auto has chosen, and why.",
)
@click.option(
    "--noise",
    metavar="GREY_LEVELS",
    type=float,
    callback=read_positive_or_none,
    help="Standard deviation of the known pixels' noise (1/255 of the range). They are then "
    "weighed, not held, and by default only NaN and transparent pixels are lost. For learned "
    "energies.",
)
@click.option(
    "--method",
    type=click.Choice(METHOD_NAMES),
    help="How to descend. By default the steps learned with a learned energy, conjugate "
    "gradients for thin_plate and membrane, else lbfgs.",
)
@click.option(
    "--step",
    metavar="STEP",
    callback=read_step,
    help="Step size: a number, backtracking or strong_wolfe. By default the method's own.",
)
@click.option(
    "--tol",
    metavar="GREY_LEVELS",
    type=float,
    default=0.1,
    show_default=True,
    callback=read_positive,
    help="Stop when the lost pixels changed by less than this, root mean square, in grey levels "
    "(1/255 of the range), in three iterations running.",
)
@click.option(
    "--max-iter",
    metavar="N",
    type=click.IntRange(min=0),
    help="Iterations after which to stop, for each channel.  [default: the learned steps of a "
    "learned energy, else 2000]",
)
@click.option(
    "--start",
    type=click.Choice(["pyramid", "image"]),
    default="pyramid",
    show_default=True,
    help="The lost pixels' first values: interpolated from coarse to fine, or as in the image.",
)
@channel_axis_option
@click.option(
    "--reference", metavar="CLEAN", help="The undamaged image: print PSNR and SSIM against it."
)
@click.option("--live", type=click.Choice(["terminal"]), help="Watch the image as it descends.")
@click.option("--movie", metavar="FILE", help="Write the descent as a .gif or an animated .png.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for every image.")
@click.option("-q", "--quiet", is_flag=True, help="Say only warnings and errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say more; show where errors come from.")
@click.option("-f", "--force", is_flag=True, help="Overwrite files.")
def restore(**given: Any) -> int:
    """Restore the images that the user named, one after the other."""
    reporter = Reporter(given["quiet"], given["verbose"])
    jobs = plan(given.pop("images"), given.pop("output"))
    _check_usage(jobs, given)

    from talweg.cli.energy_file import choose_energy
    from talweg.cli.interrupt import Interruption
    from talweg.cli.restoring import restore_one
    from talweg.cli.watching import Settings

    energy = choose_energy(given.pop("energy"))
    as_json = given.pop("as_json")
    settings = Settings(energy=energy, reporter=reporter, **_engine_options(given), **given)
    code = Exit.OK
    for job in jobs:
        with Interruption() as interruption:
            record, ended = restore_one(job, settings, interruption)
        if as_json:
            print_json(record)
        code = code or ended
        if ended is Exit.INTERRUPTED:
            return ended
    return code


def _check_usage(jobs: list[Job], given: dict[str, Any]) -> None:
    """Refuse what can't go together, before any work."""
    if any(job.target == STREAM for job in jobs):
        if given["as_json"]:
            raise CommandError(
                "--json and the image can't both go to standard output; give -o FILE", Exit.USAGE
            )
        binary_stdout()
    if len(jobs) > 1:
        for name in ("movie", "reference"):
            if given[name]:
                raise CommandError(f"--{name} takes one image at a time", Exit.USAGE)


def _engine_options(given: dict[str, Any]) -> dict[str, Any]:
    """Take out the options of `talweg.restore`, checked where they must fit together."""
    names = ("method", "step", "tol", "max_iter", "start", "noise")
    options = {"engine": {name: given.pop(name) for name in names}}
    if options["engine"]["step"] is not None:
        from talweg.methods import read_method

        try:
            read_method(options["engine"]["method"] or "lbfgs", options["engine"]["step"], {})
        except (TypeError, ValueError) as error:
            raise CommandError(f"--step: {error}", Exit.USAGE) from error
    given.pop("quiet"), given.pop("verbose")
    return options
