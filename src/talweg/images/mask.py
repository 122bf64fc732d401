"""Finding out which pixels of a picture are missing, and saying so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from talweg.errors import ImageError
from talweg.images.checks import check_dtype
from talweg.images.colors import has_color, parse_color, white_level
from talweg.images.mask_file import mask_from_file
from talweg.images.picture import Picture
from talweg.images.solid import bounding_box, shape_text, solid_pixels

__all__ = ["Missing", "find_missing"]

SOLID_SHARE = 0.002  # of all pixels; more in solid areas is suspicious
UNEQUAL_RATIO = 3.0  # of black to white, or white to black
UNEQUAL_LEAST = 16  # among fewer pixels chance alone makes such ratios
HINT = "give a mask file, a colour such as '#ff00ff' or 0, alpha or nan (--mask)"


@dataclass(frozen=True, eq=False)
class Missing:
    """Which pixels are missing, and what the user should know about it.

    Parameters
    ----------
    mask : bool ndarray
        True is missing. Of the image's shape without channels or, where channels differ, with
        them.
    how : str
        How it was found: "auto", "nan", "alpha", "color" or "file"; "none" where all pixels are
        known, but noisy.
    report : str
        One line to be shown always: how many pixels, which share, and how they lie.
    warning : str, optional
        One line, where something looks as if it were not damage.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.images.mask import find_missing
    >>> from talweg.images.picture import Picture
    >>> find_missing(Picture(np.array([[0.5, np.nan]]))).report
    'nan: 1 of 2 pixels (50.0 %) are NaN, scattered'
    """

    mask: NDArray[np.bool_]
    how: str
    report: str
    warning: str | None = None


@dataclass(frozen=True, eq=False)
class _Found:
    """A mask with the words for its report."""

    mask: NDArray[np.bool_]
    how: str
    label: str
    words: str
    detail: str = ""
    looked_for: str = ""  # where it is told in other words than `words` in the report
    warnings: tuple[str, ...] = ()


def find_missing(picture: Picture, how: str | None = None, *, noisy: bool = False) -> Missing:
    """Find the missing pixels of a picture.

    Parameters
    ----------
    picture : Picture
        The damaged picture.
    how : str, optional
        - "auto": pure black or pure white pixels. Integers: 0 and the type's largest value in
          all channels. Floats: 0.0 and 1.0.
        - "nan": NaN, channel by channel where channels differ.
        - "alpha": alpha 0.
        - a colour, "#rrggbb" or numbers in the picture's own units ("255,0,255", or "0" for all
          channels): the pixels that have exactly this colour.
        - the name of a mask file: an image of the same size that is white (over half its range)
          where pixels are missing, gray or one channel for each of the picture's; or an ``.npy``
          file, of bool for example.

        By default "nan" if there are any, otherwise "alpha" if some of it is 0, otherwise "auto".
    noisy : bool, default False
        Whether the known pixels are noisy, so that there is work even if none is missing. Then by
        default pure black and white pixels are taken for what noise has made of them.

    Returns
    -------
    Missing

    Raises
    ------
    ImageError
        If `how` doesn't fit the picture, no pixel or every pixel is missing, or a known pixel is
        NaN or infinite.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.images.mask import find_missing
    >>> from talweg.images.picture import Picture
    >>> missing = find_missing(Picture(np.array([[0, 10, 255, 20]], np.uint8)))
    >>> missing.mask
    array([[ True, False,  True, False]])
    >>> missing.report
    'auto: 2 of 4 pixels (50.0 %) are pure black or white (25.0 % black, 25.0 % white), scattered'
    """
    check_dtype(picture.name, picture.pixels.dtype)
    if how is None:
        how = _default(picture)
        if noisy and how == "auto":
            nothing = np.zeros(picture.spatial_shape, bool)
            _check_known(picture, nothing)
            return Missing(nothing, "none", "no pixel is missing; all are noisy")
    rules: dict[str, Callable[[Picture], _Found]] = {"auto": _auto, "nan": _nan, "alpha": _alpha}
    found = rules[how](picture) if how in rules else _color_or_file(picture, how)
    _check(picture, found)
    return Missing(
        found.mask, found.how, _report(picture, found), "; ".join(found.warnings) or None
    )


def _default(picture: Picture) -> str:
    if picture.pixels.dtype.kind == "f" and np.isnan(picture.pixels).any():
        return "nan"
    if picture.alpha is not None and not picture.alpha.all():
        return "alpha"
    return "auto"


def _auto(picture: Picture) -> _Found:
    level = white_level(picture.pixels.dtype)
    black, white = has_color(picture, 0), has_color(picture, level)
    black_count, white_count = int(np.count_nonzero(black)), int(np.count_nonzero(white))
    detail = f" ({_share(black_count, black.size)} black, {_share(white_count, white.size)} white)"
    if white_count == 0:
        # A 12-bit camera in a 16-bit file, for example: its white is not the type's.
        largest = _number(np.nanmax(picture.pixels))
        detail = (
            f" ({_share(black_count, black.size)} black, none white: the largest value is "
            f"{largest}, white would be {_number(level)})"
        )
    warnings = [
        _solid_warning(black, white),
        _unequal_warning(black_count, white_count),
        _lossy_warning(picture),
    ]
    black |= white
    looked_for = f"pure black (0) or white ({_number(level)})"
    kept = tuple(warning for warning in warnings if warning)
    return _Found(black, "auto", "auto", "pure black or white", detail, looked_for, kept)


def _solid_warning(black: NDArray[np.bool_], white: NDArray[np.bool_]) -> str | None:
    solid, solid_white = solid_pixels(black), solid_pixels(white)
    names = [name for name, area in (("black", solid), ("white", solid_white)) if area.any()]
    solid |= solid_white
    count = int(np.count_nonzero(solid))
    if count <= SOLID_SHARE * solid.size:
        return None
    top, bottom, left, right = bounding_box(solid)
    return (
        f"{count:,} pixels ({_share(count, solid.size)}) lie in solid {' and '.join(names)} "
        f"areas, within rows {top} to {bottom} and columns {left} to {right}: they may be a "
        f"saturated sky or a black border rather than damage; if so, {HINT}"
    )


def _unequal_warning(black: int, white: int) -> str | None:
    more, fewer = max(black, white), min(black, white)
    if black + white < UNEQUAL_LEAST or more <= UNEQUAL_RATIO * fewer:
        return None
    name, value = ("black", "#000000") if black > white else ("white", "#ffffff")
    return (
        f"{black:,} pixels are black and {white:,} white, where random damage has about as many "
        f"of each: if only {name} marks lost pixels, give that colour (--mask '{value}')"
    )


def _lossy_warning(picture: Picture) -> str | None:
    if not picture.lossy:
        return None
    return (
        f"{picture.format} compression changes values, so lost pixels may no longer be exactly "
        "one colour and known ones may be blurred; use the uncompressed original, or a mask file"
    )


def _nan(picture: Picture) -> _Found:
    if picture.pixels.dtype.kind != "f":
        raise ImageError(
            f"{picture.name}: {picture.pixels.dtype} holds no NaN; give auto, alpha, a colour or a "
            "mask file (--mask)"
        )
    mask: NDArray[np.bool_] = np.isnan(picture.pixels)
    if picture.channel_axis is not None and (mask == mask[..., :1]).all():
        mask = mask[..., 0].copy()
    return _Found(mask, "nan", "nan", "NaN")


def _alpha(picture: Picture) -> _Found:
    if picture.alpha is None:
        raise ImageError(
            f"{picture.name}: there is no alpha in {picture.describe()}; give auto, nan, a colour "
            "or a mask file (--mask)"
        )
    return _Found(picture.alpha == 0, "alpha", "alpha", "fully transparent")


def _color_or_file(picture: Picture, how: str) -> _Found:
    color = parse_color(how, picture)
    if color is not None:
        warning = _lossy_warning(picture)
        words = f"exactly the colour {how}"
        mask = has_color(picture, color)
        return _Found(mask, "color", "color", words, warnings=(warning,) if warning else ())
    if not Path(how).exists():
        raise ImageError(f"{how}: there is no such mask file, and it is no colour; {HINT}, or auto")
    mask, hint = mask_from_file(how, picture)
    return _Found(mask, "file", how, f"white in the mask{hint if not mask.any() else ''}")


def _check(picture: Picture, found: _Found) -> None:
    mask = found.mask
    if not mask.any():
        raise ImageError(
            f"{picture.name}: no pixel is missing: nothing to restore; looked for pixels that are "
            f"{found.looked_for or found.words}; {HINT}"
        )
    if mask.all():
        raise ImageError(
            f"{picture.name}: every pixel is missing: there is nothing to restore from; looked "
            f"for pixels that are {found.looked_for or found.words}; {HINT}"
        )
    if mask.ndim == picture.pixels.ndim and picture.channel_axis is not None:
        lost = np.flatnonzero(mask.reshape(-1, mask.shape[-1]).all(axis=0))
        if lost.size:
            raise ImageError(
                f"{picture.name}: every pixel of channel {lost[0]} is missing: there is nothing "
                "to restore it from; give a mask that leaves some known (--mask)"
            )
    _check_known(picture, mask)


def _check_known(picture: Picture, mask: NDArray[np.bool_]) -> None:
    """Refuse known pixels that aren't finite."""
    if picture.pixels.dtype.kind != "f":
        return
    bad = ~np.isfinite(picture.pixels)
    bad &= ~(mask if mask.ndim == bad.ndim else mask[..., np.newaxis])
    if bad.any():
        index = tuple(int(place) for place in np.unravel_index(np.argmax(bad), bad.shape))
        raise ImageError(
            f"{picture.name}: the known value at index {index} is {picture.pixels[index]}, one of "
            f"{np.count_nonzero(bad):,} that aren't finite; make them NaN and use --mask nan, or "
            "mark them in a mask file"
        )


def _report(picture: Picture, found: _Found) -> str:
    mask, count = found.mask, int(np.count_nonzero(found.mask))
    per_channel = picture.channel_axis is not None and mask.ndim == picture.pixels.ndim
    unit = "samples" if per_channel else "pixels"
    lying = shape_text(np.asarray(mask.any(axis=-1)) if per_channel else mask)
    return (
        f"{found.label}: {count:,} of {mask.size:,} {unit} ({_share(count, mask.size)}) are "
        f"{found.words}{found.detail}, {lying}"
    )


def _share(count: int, total: int) -> str:
    return "under 0.1 %" if 0 < count < 0.0005 * total else f"{100 * count / total:.1f} %"


def _number(value: float | np.generic) -> str:
    """Write integers with thousands apart, floats shortly."""
    return f"{value:,}" if isinstance(value, (int, np.integer)) else f"{value:.6g}"
