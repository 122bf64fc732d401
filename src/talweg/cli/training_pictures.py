"""The pictures that `talweg train` learns from: found, read, and those left out named."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from talweg.cli.errors import CommandError, Exit
from talweg.cli.output import RESTORED
from talweg.cli.report import Reporter
from talweg.errors import ImageError

if TYPE_CHECKING:
    from talweg.images.picture import Picture

__all__ = ["Collection", "read_pictures"]

MOST_PIXELS = 32_000_000
"""How many are kept in memory; of larger pictures, the middle."""

_NAMES_SHOWN = 4


@dataclasses.dataclass
class Collection:
    """Pictures that can be learned from.

    Attributes
    ----------
    names : list of str
        As given.
    pixels : list of ndarray
        (M, N) or (M, N, 3) each.
    """

    names: list[str] = dataclasses.field(default_factory=list)
    pixels: list[NDArray[Any]] = dataclasses.field(default_factory=list)

    def describe(self) -> str:
        """Say how many there are."""
        count = sum(math.prod(each.shape[:2]) for each in self.pixels)
        return f"{_counted(len(self.names))}, {count / 1e6:.3g} million pixels"

    def describe_held(self, all_names: bool = False) -> str:
        """Say which parts are held out.

        Raises
        ------
        ImageError
            If no picture is large enough.
        """
        from talweg.training.validation import held_out

        side, numbers = held_out([each.shape[:2] for each in self.pixels])
        if not numbers:
            raise ImageError(
                "no picture is large enough to hold a part of it out; one must be at least 128 "
                "pixels along one side"
            )
        names = listed([self.names[number] for number in numbers], None if all_names else 4)
        return f"held out: {side} x {side} pixels of {_counted(len(numbers))} ({names})"


def read_pictures(images: Sequence[str], reporter: Reporter) -> Collection:
    """Read all pictures that were named; in folders, leave out those that can't be used.

    Raises
    ------
    CommandError
        With exit code 3, after a line for each, if pictures that the user named can't be used.
    ImageError
        If none is left.
    """
    from talweg.training.pictures import CROP

    sources = _sources(images, reporter)
    most = MOST_PIXELS // len(sources)
    collection, failures = Collection(), 0
    opaque, cut = [], []
    for path, named in sources:
        try:
            picture = _read(path)
        except ImageError as error:
            if named:
                reporter.error(error)
                failures += 1
            else:
                reporter.warn(f"left out: {error}")
            continue
        if min(picture.spatial_shape) < CROP:
            size = "x".join(map(str, reversed(picture.spatial_shape)))
            reporter.warn(f"left out: {path} has {size} pixels; {CROP}x{CROP} are the least")
            continue
        opaque += [path] if picture.alpha is not None else []
        cut += [path] if math.prod(picture.spatial_shape) > most else []
        collection.names.append(path)
        collection.pixels.append(_middle(picture.pixels, most))
    if failures:
        raise CommandError(
            f"{_counted(failures)} can't be used; leave {'it' if failures == 1 else 'them'} out",
            Exit.BAD_INPUT,
        )
    if not collection.names:
        raise ImageError(f"no picture is left to learn from in {listed(images)}")
    if opaque:
        reporter.note(f"alpha is not learned from: {listed(opaque)}")
    if cut:
        reporter.note(
            f"only the middle {most / 1e6:.3g} million pixels are learned from of {listed(cut)}"
        )
    return collection


def _sources(images: Sequence[str], reporter: Reporter) -> list[tuple[str, bool]]:
    """List the files, each once, and whether the user named them."""
    from talweg.images.read import images_in

    sources: dict[str, tuple[str, bool]] = {}
    again = []
    for image in images:
        if os.path.isdir(image):
            # What `talweg restore` left there is not clean.
            paths = [str(path) for path in images_in(image) if not path.stem.endswith(RESTORED)]
            found = [(path, False) for path in paths]
            if not found:
                raise ImageError(f"{image}: the folder holds only restored pictures; give others")
        else:
            found = [(image, True)]
        for path, named in found:
            place = os.path.realpath(path)
            again += [path] if place in sources else []
            sources.setdefault(place, (path, named))
    if again:
        reporter.warn(f"named twice, taken once: {listed(again)}")
    return list(sources.values())


def _read(path: str) -> Picture:
    """Read one picture: gray or RGB, in range, though it may be too small."""
    from talweg.images.read import read
    from talweg.training.pictures import CROP, check_picture

    picture = read(path)
    if len(picture.spatial_shape) != 2 or picture.pixels.shape[2:] not in ((), (3,)):
        raise ImageError(f"{path}: it is a {picture.describe()}; give gray or RGB pictures")
    if min(picture.spatial_shape) >= CROP and picture.pixels.dtype.kind == "f":
        check_picture(picture.pixels, path)  # that its values are within [0, 1]
    return picture


def _middle(pixels: NDArray[Any], most: int) -> NDArray[Any]:
    """Cut the middle out of a picture, in its proportions, if it has too many pixels."""
    share = math.sqrt(min(most / math.prod(pixels.shape[:2]), 1.0))
    if share == 1.0:
        return pixels
    from talweg.training.pictures import CROP

    height, width = (max(int(size * share), min(2 * CROP, size)) for size in pixels.shape[:2])
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return pixels[top : top + height, left : left + width].copy()


def listed(names: Sequence[str], most: int | None = _NAMES_SHOWN) -> str:
    """Name files, or the first few of them.

    Examples
    --------
    >>> listed(["a/x.png", "a/y.png", "a/z.png"], 2)
    'x.png, y.png and 1 more'
    """
    shown = [os.path.basename(os.path.normpath(name)) for name in names[:most]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _counted(count: int) -> str:
    return f"{count} picture{'' if count == 1 else 's'}"
