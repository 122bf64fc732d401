"""Restoring an image: descend an energy over its missing pixels, the known ones held fixed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from talweg.descent import descend
from talweg.ending import Ending
from talweg.energies.energy import Energy
from talweg.energies.learned import LearnedEnergy
from talweg.images.channels import Channels
from talweg.images.energy_choice import choose_energy
from talweg.images.learned_descent import descend_learned, follow, plate_first
from talweg.images.restoration import Progress, Restoration
from talweg.images.scale import GREY_LEVEL
from talweg.limits import read_count
from talweg.methods import LinearConjugateGradient
from talweg.state import Status

__all__ = ["Progress", "Restoration", "restore"]

_MAX_ITER = 2000
_LOUDEST = 255.0  # of the noise: as much as the range


def restore(
    image: ArrayLike,
    mask: ArrayLike | str | None = None,
    *,
    energy: str | Energy | Callable[[Any], Any] = "auto",
    noise: float | None = None,
    channel_axis: int | None = None,
    start: str | ArrayLike = "pyramid",
    method: Any = None,
    step: Any = None,
    tol: float = 0.1,
    max_iter: int | None = None,
    callback: Callable[[Progress], Any] | None = None,
    every: int | None = None,
    **options: Any,
) -> Restoration:
    """Restore the missing pixels of an image by descending an energy.

    Each channel is a problem of its own: its missing pixels are the unknowns, its known pixels
    are held fixed, and values are scaled so that the image's range is [0, 1]. For a learned energy
    the channels of a colour image are its brightness and two differences of colours.

    Parameters
    ----------
    image : (M[, N[, ..., P]][, C]) array_like
        Integers, or floats. Its missing pixels may hold anything, NaN included.
    mask : (M[, N[, ..., P]][, C]) array_like of bool, or str, optional
        True where a pixel is missing, with or without an axis of channels. Or how to find the
        missing pixels: ``"auto"`` (pure black or white in all channels), ``"nan"``, or a colour
        as ``"#ff00ff"``. By default NaN where there is any, else ``"auto"``.
    energy : str, Energy or callable, default "auto"
        ``"fields"``, ``"thin_plate"``, ``"membrane"``, ``"tv"``, ``"rows"``, the file of an energy
        that you have trained, as ``"my.energy"``, or a function of one channel. ``"auto"`` takes
        ``"fields"``, learned from photographs, for images of rows and columns, at least 48 of
        each; and ``"thin_plate"`` for others, and where `method`, `step` or `start` is given.
    noise : float, optional
        Standard deviation of the known pixels' noise, in grey levels (1/255 of the range). They are
        then weighed, not held, and none need be missing: this denoises. Only NaN is then missing by
        default. Noise that the ends of the range have cut off is allowed for: around pixels at an
        end, what that did to the mean is undone. For learned energies only, and images of rows
        and columns.
    channel_axis : int, optional
        The axis that holds the channels. By default there is none: all axes are space.
    start : "pyramid", "image" or array_like, default "pyramid"
        The missing pixels' values to start from: interpolated on a pyramid, as they are in
        `image`, or as they are in an array of its shape.
    method, step, **options
        As for `minimize`. By default the steps learned with a learned energy, from the thin plate;
        conjugate gradients for a quadratic one; both without bounds, their result clipped into the
        range at the end; and otherwise L-BFGS within the range.
    tol : float, default 0.1
        Stop when the root mean square change of the missing pixels was at most this many grey
        levels (1/255 of the range) in three iterations running. Learned steps are all taken.
    max_iter : int, optional
        Iterations after which to stop, for each channel. By default 2000, and as many as there are
        learned steps. With more than those a learned energy is descended further, by L-BFGS: the
        energy falls, but the picture need not become better, for the steps were learned to end
        where they do.
    callback : callable, optional
        Called with a `Progress`. Raising ``StopIteration`` ends the restoration; the channels not
        reached are as at the start.
    every : int, optional
        Call back at every so many iterations, the start included. By default about twenty times
        a second, which is faster.

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
    The range is [0, 255] for uint8, [0, 1] for floats whose known pixels lie in it, and for all
    others that of the known pixels. Restored pixels of integers stay in the type's range, those
    of floats in [0, 1] too; those of other floats may lie beyond the known ones.

    The ends of the range that cut noise off are those of an integer's type, and 0 and 1 for floats
    whose known pixels lie between them; other floats have none. How it is undone is told by Foi
    [1]_.

    float64 images and integers of more than 16 bits are computed in float64, others in float32.

    References
    ----------
    .. [1] A. Foi, "Clipped noisy images: heteroskedastic modeling and practical denoising", Signal
       Processing 89 (2009), 2609-2629.

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
    if callback is not None and not callable(callback):
        raise TypeError(f"callback must be callable, not {type(callback).__name__}")
    _check(tol, noise)
    channels = Channels.of(image, mask, channel_axis, noise)
    own_way = method is None and step is None and not options
    from_pyramid = isinstance(start, str) and start == "pyramid"
    chosen, choice = choose_energy(energy, channels, own_way=own_way and from_pyramid)
    channels.begin(start)
    learned = chosen if isinstance(chosen, LearnedEnergy) else None
    if learned is not None:
        channels.separate_colors()
        if from_pyramid:
            plate_first(channels)
    given = {"method": method, "step": step, **options}
    settings = _settings(chosen, given, own_way, channels)
    usual = learned.steps if learned is not None and own_way else _MAX_ITER
    settings["max_iter"] = usual if max_iter is None else read_count("max_iter", max_iter, 0)
    count = None if learned is None else settings["max_iter"]
    settings |= {"step_tol": tol * GREY_LEVEL, "every": every}
    endings: list[Ending] = []
    for channel in range(channels.count):
        if not (channels.noisy or channels.missing(channel).any()):
            continue
        tell = _teller(channels, channel, callback, began, count)
        if learned is None:
            stream = _stream(channels, channel, chosen, settings)
            endings.append(follow(stream, channels, channel, tell))
        else:
            endings.append(descend_learned(channels, channel, learned, settings, tell))
        if endings[-1].status is Status.STOPPED:
            break
    last = next((end for end in endings if not end.success), endings[-1])
    return Restoration(
        image=channels.together(),
        mask=channels.mask,
        energy=chosen.name,
        fun=sum(end.fun for end in endings),
        iterations=sum(end.nit for end in endings),
        evaluations=sum(end.nfev for end in endings),
        converged=all(end.success for end in endings),
        message=_SETTLED.format(tol) if last.status is Status.SETTLED else last.message,
        stopped=last.status is Status.STOPPED,
        seconds=time.perf_counter() - began,
        traces=tuple(end.trace for end in endings),
        found=channels.found,
        choice=choice,
        noise=noise,
    )


_SETTLED = (
    "converged: the missing pixels changed by less than {} grey levels (root mean square) in "
    "three iterations running"
)


def _check(tol: Any, noise: Any) -> None:
    if isinstance(tol, bool) or not isinstance(tol, (int, float)) or not 0.0 < tol < np.inf:
        raise ValueError(f"tol is {tol!r}: it must be a positive number of grey levels")
    if noise is None:
        return
    if isinstance(noise, bool) or not isinstance(noise, (int, float, np.number)):
        raise TypeError(f"noise is {noise!r}: it must be a number of grey levels")
    if not 0.0 < noise <= _LOUDEST:
        raise ValueError(
            f"noise is {noise}: it must be a number of grey levels above 0, up to {_LOUDEST:g}; "
            "leave it out where the known pixels are to be held"
        )


def _settings(
    energy: Energy, given: dict[str, Any], own_way: bool, channels: Channels
) -> dict[str, Any]:
    """Choose the method. A quadratic energy's has no box: it is much faster without."""
    if own_way and isinstance(energy, LearnedEnergy):
        return {"method": None}
    if own_way and energy.quadratic:
        return {"method": LinearConjugateGradient()}
    bounds = None if channels.opponent else channels.scale.bounds
    method = "lbfgs" if given["method"] is None else given["method"]
    return {"bounds": bounds} | given | {"method": method}


def _stream(channels: Channels, channel: int, energy: Energy, settings: dict[str, Any]) -> Any:
    """Return the descent of one channel's energy, its known pixels held."""
    start, fixed = channels.values[channel], ~channels.missing(channel)
    return descend(energy.function, start, fixed=fixed, tol=0.0, **settings)


def _teller(
    channels: Channels, channel: int, callback: Callable[[Progress], Any] | None, began: float,
    iterations: int | None,
) -> Callable[[Any], bool]:  # fmt: skip
    """Return a function that tells the callback of a state, and says whether to stop."""

    def tell(state: Any) -> bool:
        def draw() -> NDArray[np.generic]:
            channels.values[channel] = state.x
            return channels.together()

        if callback is None:
            return False
        progress = Progress(
            channel, channels.count, state.iteration, iterations, state.fun,
            state.step / GREY_LEVEL, time.perf_counter() - began, draw,
        )  # fmt: skip
        try:
            callback(progress)
        except StopIteration:
            return True
        return False

    return tell
