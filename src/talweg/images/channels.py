"""An image taken apart into channels with values near [0, 1], and put together again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from talweg.errors import ImageError
from talweg.images.checks import check_channel_axis, check_dtype, check_size
from talweg.images.clipping import Clipping
from talweg.images.mask import find_missing
from talweg.images.opponent import from_opponent, to_opponent
from talweg.images.picture import Picture
from talweg.images.pyramid import pull_push
from talweg.images.scale import GREY_LEVEL, Scale

__all__ = ["Channels", "check_mask"]

_BLOCK = 2**16  # pixels


class Channels:
    """An image taken apart into scaled channels, and put together again.

    Attributes
    ----------
    mask : ndarray of bool
        True where a pixel is missing, with its channels last if it has any.
    found : str
        How the missing pixels were found, where no mask was given.
    count : int
        Number of channels.
    scale : Scale
    noise : float or None
        Standard deviation of the known pixels' noise, in grey levels: they are to be changed too.
        None where they are held.
    opponent : bool
        Whether the values are brightness and differences of colours, and not the colours.
    values : list of ndarray
        The channels' values as they are now, scaled.
    """

    def __init__(
        self, image: NDArray[Any], channel_axis: int | None, mask: NDArray[np.bool_], found: str,
        noise: float | None,
    ) -> None:  # fmt: skip
        self.image, self.channel_axis, self.mask, self.found = image, channel_axis, mask, found
        self.noise, self.opponent = noise, False
        self.count = 1 if channel_axis is None else image.shape[-1]
        self.scale = Scale.of(image, ~self._over_channels(mask))
        self.values: list[NDArray[np.floating]] = []
        self._clippings: list[Clipping] = []

    @classmethod
    def of(
        cls, image: ArrayLike, mask: Any, channel_axis: int | None, noise: float | None = None
    ) -> Channels:
        """Check the image and the mask, and move the channels last.

        Where the image is noisy, no pixel need be missing.
        """
        pixels, noisy = np.asarray(image), noise is not None
        check_dtype("image", pixels.dtype)
        axis = check_channel_axis("image", channel_axis, pixels.ndim)
        if axis == "auto":
            raise ImageError('channel_axis is "auto"; give an axis number or None')
        check_size("image", pixels.shape, np.iinfo(np.int64).max)
        if pixels.ndim == 0 or (axis is not None and pixels.ndim == 1):
            raise ImageError(f"the image has the shape {pixels.shape}; it needs an axis of pixels")
        if axis is not None:
            pixels = np.moveaxis(pixels, axis, -1)
        picture = Picture(pixels, None if axis is None else pixels.ndim - 1, name="image")
        if mask is None or isinstance(mask, str):
            missing = find_missing(picture, mask, noisy=noisy)
            return cls(pixels, axis, missing.mask, missing.report, noise)
        return cls(pixels, axis, check_mask(mask, picture, axis, noisy), "", noise)

    @property
    def noisy(self) -> bool:
        """Whether the known pixels are to be changed too."""
        return self.noise is not None

    def _over_channels(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return a view of a mask with the image's shape."""
        if mask.ndim < self.image.ndim:
            mask = mask[..., None]
        return np.broadcast_to(mask, self.image.shape)

    def _channel(self, array: NDArray[Any], channel: int) -> NDArray[Any]:
        return array if self.channel_axis is None else array[..., channel]

    def missing(self, channel: int) -> NDArray[np.bool_]:
        """Return where one channel's pixels are missing."""
        return self._channel(self._over_channels(self.mask), channel)

    def begin(self, start: Any) -> None:
        """Fill in every channel's missing pixels to start from."""
        given = self._read_start(start)
        for channel in range(self.count):
            missing = self.missing(channel)
            if missing.all():
                raise ImageError(
                    f"every pixel of channel {channel} is missing: there is nothing to restore from"
                )
            values = self.scale.apply(self._channel(self.image, channel), missing)
            if given is None:
                values = pull_push(values, ~missing) if missing.any() else values
            else:
                guess = self.scale.apply(self._channel(given, channel), ~missing)
                values = np.where(missing, guess, values)
                if not np.isfinite(values).all():
                    raise ImageError("start is not finite at a missing pixel; use 'pyramid'")
            self.values.append(values)
            if self.noise is not None and self.scale.bounds is not None:
                noise = self.noise * GREY_LEVEL
                self._clippings.append(Clipping(values, ~missing, self.scale.bounds, noise))

    def _read_start(self, start: Any) -> NDArray[Any] | None:
        if isinstance(start, str):
            if start not in ("pyramid", "image"):
                raise ValueError(f"start={start!r} is unknown: choose pyramid, image or an array")
            return self.image if start == "image" else None
        given = np.asarray(start)
        if self.channel_axis is not None and given.ndim == self.image.ndim:
            given = np.moveaxis(given, self.channel_axis, -1)
        if given.shape != self.image.shape:
            raise ImageError(
                f"start has the shape {given.shape}, the image {self.image.shape} (channels last)"
            )
        return given

    def separate_colors(self) -> None:
        """Turn red, green and blue into opponent channels, if they miss the same pixels."""
        alike = self.mask.ndim < self.image.ndim or bool((self.mask == self.mask[..., :1]).all())
        if self.channel_axis is not None and self.count == 3 and alike:
            self.values, self.opponent = to_opponent(self.values), True

    def together(self) -> NDArray[Any]:
        """Return the image with its missing pixels filled in.

        The known ones are untouched, unless they are noisy; then what the ends of the range did to
        the noise is undone.
        """
        image = self.image.copy()
        # A few rows at a time, which fit into the processor's cache.
        step = max(_BLOCK // max(image[0].size, 1), 1)
        for start in range(0, len(image), step):
            rows = slice(start, start + step)
            values = [values[rows] for values in self.values]
            if self.opponent:
                values = from_opponent(values)
            if self._clippings:
                pairs = zip(self._clippings, values, strict=True)
                values = [clipping.undo(part, rows) for clipping, part in pairs]
            for channel, part in enumerate(values):
                pixels, missing = self._channel(image, channel), self.missing(channel)
                changed = True if self.noisy else missing[rows]
                np.copyto(pixels[rows], self.scale.undo(part), where=changed)
        return image if self.channel_axis is None else np.moveaxis(image, -1, self.channel_axis)


def check_mask(
    mask: Any, picture: Picture, axis: int | None, noisy: bool = False
) -> NDArray[np.bool_]:
    """Return a mask with its channels last, or say what is wrong with it."""
    missing = np.asarray(mask)
    pixels = picture.pixels
    if missing.dtype != np.bool_:
        raise ImageError(f"the mask's type is {missing.dtype}; give booleans, as mask != 0")
    if axis is not None and missing.ndim == pixels.ndim:
        missing = np.moveaxis(missing, axis, -1)
    if missing.shape not in (pixels.shape, picture.spatial_shape):
        raise ImageError(
            f"the mask has the shape {missing.shape}, the image {pixels.shape}"
            + ("" if axis is None else " (channels last)")
        )
    if not missing.any() and not noisy:
        raise ImageError("no pixel is missing: nothing to restore")
    if missing.all():
        raise ImageError("every pixel is missing: there is nothing to restore from")
    good = np.isfinite(pixels)
    if not good.all():
        good |= missing if missing.ndim == pixels.ndim else missing[..., None]
    if not good.all():
        where = np.unravel_index(int(np.argmin(good)), good.shape)
        place = ", ".join(map(str, where))
        raise ImageError(f"the known pixel at [{place}] is {pixels[where]}: mark it as missing")
    return missing
