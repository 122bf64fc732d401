"""Restoring an image: descend an energy over its missing pixels, the known ones held fixed."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from talweg.energies import Energy, read_energy
from talweg.errors import ImageError
from talweg.images.mask import find_missing
from talweg.images.picture import Picture
from talweg.images.pyramid import pull_push
from talweg.images.scale import Scale

__all__ = ["Progress", "Restoration", "restore"]

MAX_ITER = 2000
GREY_LEVEL = 1.0 / 255.0


@dataclasses.dataclass(frozen=True)
class Restoration:
    """A restored image, and how it was reached.

    Attributes
    ----------
    image : ndarray
        Of the shape and type of the damaged image. Its known pixels are that image's, bit for bit.
    mask : ndarray of bool
        True where a pixel was missing.
    energy : str
        Name of the energy.
    fun : float
        The energy at the end, of all channels together, with values scaled to [0, 1].
    iterations, evaluations : int
        Of all channels together.
    converged : bool
        Whether every channel met the tolerance.
    message : str
        Why the descent ended; of the first channel that didn't converge, if there is one.
    stopped : bool
        Whether the callback asked to stop.
    seconds : float
    traces : tuple of Trace
        One a channel.
    found : str
        How the missing pixels were found, where no mask was given; else empty.
    """

    image: NDArray[Any]
    mask: NDArray[np.bool_]
    energy: str
    fun: float
    iterations: int
    evaluations: int
    converged: bool
    message: str
    stopped: bool
    seconds: float
    traces: tuple[Any, ...]
    found: str

    def __repr__(self) -> str:
        """Say what was restored, and how it ended."""
        share = 100.0 * self.mask.mean()
        return (
            f"Restoration({'x'.join(map(str, self.image.shape))} {self.image.dtype}, "
            f"{share:.1f} % missing, {self.energy}: {self.message})"
        )


@dataclasses.dataclass(frozen=True)
class Progress:
    """A restoration while it runs, as the callback sees it.

    Attributes
    ----------
    channel, channels : int
        Which channel is being restored, counted from 0, and of how many.
    iteration : int
    fun : float
        The channel's energy.
    step : float
        How much its missing pixels changed in the last iteration: root mean square, in grey
        levels (1/255 of the range).
    seconds : float
        Since the restoration began.
    """

    channel: int
    channels: int
    iteration: int
    fun: float
    step: float
    seconds: float
    _draw: Callable[[], NDArray[Any]] = dataclasses.field(repr=False)

    @functools.cached_property
    def image(self) -> NDArray[Any]:
        """The image as it is now, in its own shape and type."""
        return self._draw()


def restore(
    image: ArrayLike,
    mask: ArrayLike | str | None = None,
    *,
    energy: str | Energy | Callable[[Any], Any] = "thin_plate",
    channel_axis: int | None = None,
    start: str | ArrayLike = "pyramid",
    method: Any = None,
    step: Any = None,
    tol: float = 0.1,
    max_iter: int | None = None,
    callback: Callable[[Progress], Any] | None = None,
    **options: Any,
) -> Restoration:
    """Restore the missing pixels of an image by descending an energy.

    Each channel is a problem of its own: its missing pixels are the unknowns, its known pixels
    are held fixed, and values are scaled so that the image's range is [0, 1].

    Parameters
    ----------
    image : (M[, N[, ..., P]][, C]) array_like
        Integers, or floats. Its missing pixels may hold anything, NaN included.
    mask : (M[, N[, ..., P]][, C]) array_like of bool, or str, optional
        True where a pixel is missing, with or without an axis of channels. Or how to find the
        missing pixels: ``"auto"`` (pure black or white in all channels), ``"nan"``, or a colour
        as ``"#ff00ff"``. By default NaN where there is any, else ``"auto"``.
    energy : str, Energy or callable, default "thin_plate"
        ``"thin_plate"``, ``"membrane"``, ``"tv"``, ``"rows"``, or a function of one channel.
    channel_axis : int, optional
        The axis that holds the channels. By default there is none: all axes are space.
    start : "pyramid", "image" or array_like, default "pyramid"
        The missing pixels' values to start from: interpolated on a pyramid, as they are in
        `image`, or as they are in an array of its shape.
    method, step, **options
        As for `minimize`. By default conjugate gradients for a quadratic energy, whose result is
        clipped into the range at the end, and otherwise L-BFGS within the range.
    tol : float, default 0.1
        Stop when the root mean square change of the missing pixels was at most this many grey
        levels (1/255 of the range) in three iterations running.
    max_iter : int, default 2000
        Iterations after which to stop, for each channel.
    callback : callable, optional
        Called with a `Progress` about twenty times a second. Raising ``StopIteration`` ends the
        restoration; the channels not reached are as at the start.

    Returns
    -------
    Restoration

    Raises
    ------
    ImageError
        If the image or the mask can't be used: another type or shape, no pixel known, none
        missing, a known pixel that isn't finite.
    ValueError, TypeError
        If an option can't be used, or the energy isn't a differentiable function that returns
        one finite number.

    Notes
    -----
    The range is [0, the type's largest value] for unsigned integers, the type's range for signed
    ones, and [0, 1] for floats whose known pixels lie in it. Other floats have no range: their
    known values are scaled onto [0, 1], and the result isn't clipped.

    float64 images and integers of more than 16 bits are computed in float64, others in float32.

    Examples
    --------
    >>> import numpy as np
    >>> import talweg
    >>> ramp = np.add.outer(np.arange(8), np.arange(8)) * 9 + 20
    >>> damaged, mask = talweg.damage(ramp.astype(np.uint8), missing=0.5, rng=0)
    >>> restored = talweg.restore(damaged, mask)
    >>> restored.converged, int(np.abs(restored.image - ramp.astype(float)).max()) <= 2
    (True, True)
    """
    began = time.perf_counter()
    chosen = read_energy(energy)
    if callback is not None and not callable(callback):
        raise TypeError(f"callback must be callable, not {type(callback).__name__}")
    if isinstance(tol, (bool, str)) or not np.isscalar(tol) or not 0.0 < float(tol) < np.inf:  # type: ignore[arg-type]
        raise ValueError(f"tol is {tol!r}: it must be a positive number of grey levels")
    work = _Work.of(image, mask, channel_axis)
    work.begin(start)
    settings = _settings(chosen, method, step, options, work.scale.bounds)
    settings |= {"max_iter": MAX_ITER if max_iter is None else max_iter, "tol": 0.0}
    settings |= {"step_tol": float(tol) * GREY_LEVEL, "every": None}
    endings = []
    for channel in range(work.channels):
        if not work.missing(channel).any():
            continue
        ending = _descend_channel(work, channel, chosen, settings, callback, began)
        endings.append(ending)
        if ending.status.name == "STOPPED":
            break
    first_bad = next((end for end in endings if not end.success), endings[-1])
    return Restoration(
        image=work.result(),
        mask=work.mask,
        energy=chosen.name,
        fun=sum(end.fun for end in endings),
        iterations=sum(end.nit for end in endings),
        evaluations=sum(end.nfev for end in endings),
        converged=all(end.success for end in endings),
        message=first_bad.message,
        stopped=endings[-1].status.name == "STOPPED",
        seconds=time.perf_counter() - began,
        traces=tuple(end.trace for end in endings),
        found=work.found,
    )


def _settings(
    energy: Energy, method: Any, step: Any, options: dict[str, Any], bounds: Any
) -> dict[str, Any]:
    """Choose the method. A quadratic energy's has no box: it is much faster without."""
    if method is None and step is None and not options and energy.quadratic:
        from talweg.methods import LinearConjugateGradient

        return {"method": LinearConjugateGradient(), "bounds": None}
    return {"method": method or "lbfgs", "step": step, "bounds": bounds, **options}


def _descend_channel(
    work: _Work,
    channel: int,
    energy: Energy,
    settings: dict[str, Any],
    callback: Callable[[Progress], Any] | None,
    began: float,
) -> Any:
    """Descend one channel's energy, tell the callback, and keep the best point."""
    from talweg.descent import descend

    stream = descend(
        energy.function, work.values[channel], fixed=~work.missing(channel), **settings
    )
    stop = None
    while True:
        try:
            state = stream.send(stop)
        except StopIteration as end:
            work.values[channel] = end.value.x
            return end.value
        if callback is None:
            continue

        def draw(state: Any = state) -> NDArray[Any]:
            work.values[channel] = state.x
            return work.result()

        progress = Progress(
            channel, work.channels, state.iteration, state.fun, state.step / GREY_LEVEL,
            time.perf_counter() - began, draw,
        )  # fmt: skip
        try:
            callback(progress)
        except StopIteration:
            stop = True


class _Work:
    """An image taken apart into scaled channels, and put together again."""

    def __init__(
        self, image: NDArray[Any], channel_axis: int | None, mask: NDArray[np.bool_], found: str
    ) -> None:
        self.image, self.channel_axis, self.mask, self.found = image, channel_axis, mask, found
        self.channels = 1 if channel_axis is None else image.shape[-1]
        self.scale = Scale.of(image, self._over_channels(mask))
        self.values: list[NDArray[np.floating]] = []

    @classmethod
    def of(cls, image: ArrayLike, mask: Any, channel_axis: int | None) -> _Work:
        """Check the image and the mask, and move the channels last."""
        from talweg.images.checks import check_channel_axis, check_dtype, check_size

        pixels = np.asarray(image)
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
            missing = find_missing(picture, mask)
            return cls(pixels, axis, missing.mask, missing.report)
        return cls(pixels, axis, check_mask(mask, picture, axis), "")

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
        for channel in range(self.channels):
            missing = self.missing(channel)
            if missing.all():
                raise ImageError(
                    f"every pixel of channel {channel} is missing: there is nothing to restore from"
                )
            values = self.scale.apply(self._channel(self.image, channel), missing)
            if given is None:
                values = pull_push(values, ~missing)
            else:
                guess = self.scale.apply(self._channel(given, channel), ~missing)
                values = np.where(missing, guess, values)
                if not np.isfinite(values).all():
                    raise ImageError("start is not finite at a missing pixel; use 'pyramid'")
            self.values.append(values)

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

    def result(self) -> NDArray[Any]:
        """Return the image with its missing pixels filled in, the known ones untouched."""
        image = self.image.copy()
        for channel, values in enumerate(self.values):
            missing = self.missing(channel)
            self._channel(image, channel)[missing] = self.scale.undo(values[missing])
        return image if self.channel_axis is None else np.moveaxis(image, -1, self.channel_axis)


def check_mask(mask: Any, picture: Picture, axis: int | None) -> NDArray[np.bool_]:
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
    if not missing.any():
        raise ImageError("no pixel is missing: nothing to restore")
    if missing.all():
        raise ImageError("every pixel is missing: there is nothing to restore from")
    known = ~missing if missing.ndim == pixels.ndim else ~missing[..., None]
    bad = np.argwhere(~np.isfinite(pixels) & known)
    if len(bad):
        where = ", ".join(map(str, bad[0]))
        raise ImageError(
            f"the known pixel at [{where}] is {pixels[tuple(bad[0])]}: mark it as missing"
        )
    return missing
