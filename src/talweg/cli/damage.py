"""``talweg damage``: lose most pixels of an image, to have something to restore."""

from __future__ import annotations

import dataclasses
import secrets
from typing import TYPE_CHECKING, Any

import click

from talweg.cli.errors import CommandError, Exit
from talweg.cli.options import channel_axis_option, missing_option
from talweg.cli.output import STREAM, Job, check_target, format_of, is_device, settle, write_out
from talweg.cli.report import Reporter, binary_stdin, binary_stdout, print_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from talweg.images.picture import Picture

__all__ = ["damage", "luminance"]

HELP = """\
Lose most pixels of an image: replace them at random by pure black or pure white.

IMAGE is a file, or - for standard input; OUT a file, or - for standard output. Each pixel is
lost with the same probability, independently of all others, and becomes black or white with
equal chance, in all its channels. Alpha stays as it is.

\b
Examples:
  talweg damage photo.png -o damaged.png
  talweg damage photo.png -o damaged.png --missing 0.8 --rng 0 --mask-out lost.png
  talweg damage photo.jpg -o small.png --downsample 4 --gray
  talweg damage photo.png -o - | talweg restore - -o whole.png

\b
Exit codes: 0 done, 1 failed (as a full disk), 2 wrong usage (as an output that exists),
3 bad input.
"""


@click.command(help=HELP, short_help="Lose most pixels of an image, to try a restoration on.")
@click.argument("image", metavar="IMAGE")
@click.option("-o", "--output", metavar="OUT", required=True, help="A file, or -.")
@missing_option
@click.option(
    "--rng",
    metavar="SEED",
    type=click.IntRange(min=0),
    help="A seed, for the same damage every time. By default a new one, which is told.",
)
@click.option(
    "--downsample",
    metavar="N",
    type=click.IntRange(min=1),
    default=1,
    help="First take every N-th pixel in every direction.",
)
@click.option("--gray", is_flag=True, help="First convert to gray, by luminance (ITU-R 601).")
@channel_axis_option
@click.option("--mask-out", metavar="FILE", help="Write the mask: white where a pixel is lost.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Say only warnings and errors.")
@click.option("-v", "--verbose", is_flag=True, help="Show where errors come from.")
@click.option("-f", "--force", is_flag=True, help="Overwrite files.")
def damage(**given: Any) -> None:
    """Damage the image that the user named."""
    reporter = Reporter(given["quiet"], given["verbose"])
    job = Job(given["image"], given["output"], _is_named(given["output"]))
    _check(job, given)

    from talweg.images.damage import damage as lose
    from talweg.images.read import read

    source = binary_stdin() if job.source == STREAM else job.source
    picture = read(source, channel_axis=given["channel_axis"])
    if given["gray"]:
        picture = _to_gray(picture)
    picture = _downsampled(picture, given["downsample"])
    target, kind = settle(job, picture)
    seed = secrets.randbelow(2**32) if given["rng"] is None else given["rng"]
    damaged, mask = lose(
        picture.pixels, missing=given["missing"], rng=seed, channel_axis=picture.channel_axis
    )
    if given["mask_out"]:
        _write_mask(given["mask_out"], mask, given["force"])
    write_out(target, picture.with_pixels(damaged), kind, given["force"])
    _tell(picture, mask, target, seed, reporter)
    if given["as_json"]:
        print_json(_record(job, picture, mask, target, seed, given["mask_out"]))


def _is_named(target: str) -> bool:
    return target != STREAM and not is_device(target)


def _check(job: Job, given: dict[str, Any]) -> None:
    """Refuse what can't go together, before any work."""
    if job.target == STREAM:
        if given["as_json"]:
            raise CommandError(
                "--json and the image can't both go to standard output; give -o FILE", Exit.USAGE
            )
        binary_stdout()
    mask_out = given["mask_out"]
    if mask_out is not None and mask_out == job.target:
        raise CommandError("--mask-out and -o name the same file", Exit.USAGE)
    for target, option in ((job.target, "-o"), (mask_out, "--mask-out")):
        if target is None or not _is_named(target):
            continue
        check_target(target, given["force"])
        if format_of(target, option) == "JPEG":
            raise CommandError(
                f"{option} {target}: JPEG would blur the marks of what is lost; write PNG or TIFF",
                Exit.USAGE,
            )


def luminance(pixels: NDArray[Any]) -> NDArray[Any]:
    """Convert RGB to gray by ITU-R 601, in the same type.

    Integers of up to 32 bits as Pillow does it (its mode L), in fixed point.

    Examples
    --------
    >>> import numpy as np
    >>> luminance(np.array([[[255, 0, 0], [9, 9, 9]]], np.uint8))
    array([[76,  9]], dtype=uint8)
    """
    import numpy as np

    dtype = pixels.dtype
    if dtype.kind in "iu" and dtype.itemsize <= 4:
        weights = np.array([19595, 38470, 7471])  # of 65536
        shades: NDArray[Any] = (pixels.astype(np.int64) @ weights + 0x8000) >> 16
        return shades.astype(dtype)
    gray: NDArray[Any] = pixels.astype(np.float64) @ np.array([0.299, 0.587, 0.114])
    if dtype.kind != "f":
        # The largest 64-bit integers aren't floats: the nearest one may be one too many.
        gray = np.minimum(np.rint(gray), np.nextafter(float(np.iinfo(dtype).max), 0.0))
    return gray.astype(dtype)


def _to_gray(picture: Picture) -> Picture:
    if picture.channel_axis is None:
        return picture
    if picture.pixels.shape[-1] != 3:
        raise CommandError(
            f"{picture.name}: --gray takes RGB, but this is {picture.describe()}", Exit.BAD_INPUT
        )
    # A profile of an RGB space says nothing of gray.
    metadata = dataclasses.replace(picture.metadata, icc_profile=None)
    return dataclasses.replace(
        picture, pixels=luminance(picture.pixels), channel_axis=None, metadata=metadata
    )


def _downsampled(picture: Picture, every: int) -> Picture:
    if every == 1:
        return picture
    import numpy as np

    index = (slice(None, None, every),) * len(picture.spatial_shape)
    alpha = picture.alpha
    if alpha is not None:
        alpha = np.ascontiguousarray(alpha[index])
    pixels = np.ascontiguousarray(picture.pixels[index])
    return dataclasses.replace(picture, pixels=pixels, alpha=alpha)


def _write_mask(path: str, mask: NDArray[np.bool_], force: bool) -> None:
    import numpy as np

    from talweg.images.picture import Picture

    white = Picture(mask.astype(np.uint8) * np.uint8(255), name="mask")
    target, kind = settle(Job("", path, _is_named(path)), white)
    write_out(target, white, kind, force)


def _tell(
    picture: Picture, mask: NDArray[np.bool_], target: str, seed: int, reporter: Reporter
) -> None:
    import numpy as np

    from talweg.images.colors import has_color, white_level

    count = int(np.count_nonzero(mask))
    name = "standard output" if target == STREAM else target
    reporter.note(
        f"{name}: {picture.describe()}; lost {count:,} of {mask.size:,} pixels "
        f"({100 * count / mask.size:.1f} %), with --rng {seed}"
    )
    own = has_color(picture, 0) | has_color(picture, white_level(picture.pixels.dtype))
    kept = int(np.count_nonzero(own & ~mask))
    if kept:
        reporter.note(
            f"{name}: {kept:,} pixels that are left are pure black or white of their own, and "
            "will be taken for lost ones unless --mask-out's file tells them apart"
        )


def _record(
    job: Job, picture: Picture, mask: NDArray[np.bool_], target: str, seed: int,
    mask_out: str | None,
) -> dict[str, Any]:  # fmt: skip
    import numpy as np

    count = int(np.count_nonzero(mask))
    return {
        "file": job.source,
        "output": target,
        "shape": list(picture.pixels.shape),
        "channel_axis": picture.channel_axis,
        "dtype": str(picture.pixels.dtype),
        "missing": {"count": count, "of": mask.size, "share": count / mask.size},
        "rng": seed,
        "mask": mask_out,
    }
