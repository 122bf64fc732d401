"""``talweg demo``: damage a photograph, restore it, and show it."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from talweg.cli.errors import CommandError, Exit
from talweg.cli.options import missing_option
from talweg.cli.output import check_target, write_out
from talweg.cli.report import Reporter, is_terminal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from talweg.images.mask import Missing
    from talweg.images.picture import Picture
    from talweg.images.restore import Restoration

__all__ = ["demo"]

FOLDER = "talweg-demo"
SEED = 0
TOL = 0.1
PICTURES = ("before.png", "after.png", "side_by_side.png")

HELP = """\
Damage a photograph, restore it before your eyes, and say how near the original it came.

Writes before.png, after.png and side_by_side.png (original, damaged, restored) into a folder:
talweg-demo, or talweg-demo-2 and so on if there is one from before, or the one given with -o.

\b
Examples:
  talweg demo
  talweg demo --photo camera --missing 0.95
  talweg demo -o pictures -f --no-live

Exit codes: 0 done, 1 failed, 2 wrong usage (as pictures that exist), 130 interrupted.
"""


@click.command(help=HELP, short_help="Damage a photograph, restore it, and show it.")
@click.option("-o", "--output", metavar="FOLDER", help="Where to write; made if needed.")
@click.option(
    "--photo",
    metavar="NAME",
    default="astronaut",
    show_default=True,
    help="One of scikit-image's: astronaut, camera, chelsea, coffee, coins, moon, rocket.",
)
@missing_option
@click.option(
    "--live/--no-live",
    default=None,
    help="Draw the image as it descends. By default if standard error is a terminal.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show where errors come from.")
@click.option("-f", "--force", is_flag=True, help="Overwrite the three pictures.")
def demo(
    output: str | None, photo: str, missing: float, live: bool | None, verbose: bool, force: bool
) -> int:
    """Run the demonstration."""
    folder = _folder(output, force)
    source = _photo(photo)
    for name in PICTURES:
        check_target(str(folder / name), force, makes_folder=True)
    reporter = Reporter(verbose=verbose)

    from talweg.images.damage import damage
    from talweg.images.mask import Missing
    from talweg.images.read import read

    clean = dataclasses.replace(read(source), name=source.name)
    pixels, mask = damage(clean.pixels, missing=missing, rng=SEED, channel_axis=clean.channel_axis)
    reporter.note(f"{clean.name}: {clean.describe()}, of which {100 * mask.mean():.1f} % are lost")
    damaged = clean.with_pixels(pixels)
    restoration = _restore(damaged, Missing(mask, "demo", ""), live, reporter)
    folder.mkdir(parents=True, exist_ok=True)
    _write_pictures(folder, clean, damaged, restoration, force)
    _tell(folder, clean, damaged, restoration)
    return Exit.INTERRUPTED if restoration.stopped else Exit.OK


def _folder(output: str | None, force: bool) -> Path:
    """Choose the folder: the one asked for, or the first of our own that isn't there yet."""
    if output is not None:
        return Path(output)
    folder, number = Path(FOLDER), 1
    while os.path.lexists(folder) and not force:
        number += 1
        folder = Path(f"{FOLDER}-{number}")
    return folder


def _photo(name: str) -> Path:
    """Find a photograph in scikit-image's own files; nothing is ever downloaded."""
    from importlib.util import find_spec

    spec = find_spec("skimage")
    roots = spec.submodule_search_locations if spec is not None else None
    for root in roots or ():
        for suffix in (".png", ".jpg"):
            path = Path(root, "data", name + suffix)
            if path.parent == Path(root, "data") and path.is_file():
                return path
    raise CommandError(
        f"--photo {name!r} is not among the photographs that scikit-image brings; give astronaut, "
        "camera, chelsea, coffee, coins, moon or rocket",
        Exit.USAGE,
    )


def _restore(
    damaged: Picture, missing: Missing, live: bool | None, reporter: Reporter
) -> Restoration:
    """Restore, drawn live where there is a terminal to draw on."""
    from talweg.cli.energy_file import ChosenEnergy
    from talweg.cli.interrupt import Interruption
    from talweg.cli.watching import Settings, descend, watch

    drawn = is_terminal() if live is None else live
    settings = Settings(
        ChosenEnergy("auto", "auto"), reporter, live="terminal" if drawn else None,
        engine={"tol": TOL},
    )  # fmt: skip
    with Interruption() as interruption:
        watchers = watch(damaged, missing, settings, interruption)
        return descend(damaged, missing, settings, watchers)


def _write_pictures(
    folder: Path, clean: Picture, damaged: Picture, restoration: Restoration, force: bool
) -> None:
    from talweg.images.picture import Picture

    restored = clean.with_pixels(restoration.image)
    panels = [
        ("original", clean.pixels),
        (f"damaged: {100 * restoration.mask.mean():.0f} % of the pixels lost", damaged.pixels),
        ("restored by talweg", restored.pixels),
    ]
    beside = Picture(_side_by_side(panels), channel_axis=2)
    for name, picture in zip(PICTURES, (damaged, restored, beside), strict=True):
        write_out(str(folder / name), picture, "PNG", force)


def _side_by_side(panels: list[tuple[str, NDArray[Any]]]) -> NDArray[Any]:
    """Put pictures of one size beside each other, with words above."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    height, width = panels[0][1].shape[:2]
    gap = max(4, width // 50)
    size = max(10, width // 26)
    top = 2 * size
    sheet = Image.new(
        "RGB", (len(panels) * (width + gap) + gap, height + top + gap), (255, 255, 255)
    )
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=size)
    for place, (words, pixels) in enumerate(panels):
        left = gap + place * (width + gap)
        sheet.paste(Image.fromarray(pixels).convert("RGB"), (left, top))
        draw.text((left + width / 2, top / 2), words, (20, 20, 20), font, anchor="mm")
    return np.asarray(sheet)


def _tell(folder: Path, clean: Picture, damaged: Picture, restoration: Restoration) -> None:
    """Print the numbers, and where to look."""
    from talweg.cli.metrics import compare

    axis = clean.channel_axis
    before = compare(clean.pixels, damaged.pixels, axis)
    after = compare(clean.pixels, restoration.image, axis)
    state = "restored" if restoration.converged else "not restored to the end"
    click.echo(f"damaged:  {before}")
    click.echo(f"{state}: {after}, in {restoration.seconds:.2f} s")
    click.echo(f"Look at {folder / PICTURES[2]}, before.png and after.png beside it.")
    click.echo("Now try an image of your own:")
    click.echo("  talweg damage photo.png -o damaged.png")
    click.echo("  talweg restore damaged.png --reference photo.png --live terminal")
