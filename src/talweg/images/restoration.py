"""What a restoration returns, and what it tells while it runs."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Progress", "Restoration"]


@dataclasses.dataclass(frozen=True)
class Restoration:
    """A restored image, and how it was reached.

    Attributes
    ----------
    image : ndarray
        Of the shape and type of the damaged image. Its known pixels are that image's, bit for bit,
        unless they are noisy.
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
    choice : str
        Why this energy, where it was chosen for the caller, or isn't the one that was asked for;
        else empty.
    noise : float or None
        Standard deviation of the known pixels, in grey levels; None where they were held.
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
    choice: str = ""
    noise: float | None = None

    def __repr__(self) -> str:
        """Say what was restored, and how it ended."""
        share = 100.0 * self.mask.mean()
        noise = "" if self.noise is None else f"noise of {self.noise:g}, "
        return (
            f"Restoration({'x'.join(map(str, self.image.shape))} {self.image.dtype}, "
            f"{share:.1f} % missing, {noise}{self.energy}: {self.message})"
        )


@dataclasses.dataclass(frozen=True)
class Progress:
    """A restoration while it runs, as the callback sees it.

    Attributes
    ----------
    channel, channels : int
        Which channel is being restored, counted from 0, and of how many.
    iteration : int
    iterations : int or None
        How many there will be for each channel, where that is known beforehand.
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
    iterations: int | None
    fun: float
    step: float
    seconds: float
    _draw: Callable[[], NDArray[Any]] = dataclasses.field(repr=False)

    @functools.cached_property
    def image(self) -> NDArray[Any]:
        """The image as it is now, in its own shape and type."""
        return self._draw()
