"""The picture as it descends, drawn in a terminal with half blocks."""

from __future__ import annotations

import functools
import math
import os
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from rich.color import Color
from rich.console import Console, Group
from rich.live import Live
from rich.segment import Segment, Segments
from rich.style import Style
from rich.text import Text

if TYPE_CHECKING:
    from PIL.Image import Image

    from talweg.cli.shrink import Viewer
    from talweg.images.restore import Progress

__all__ = ["LiveView", "half_blocks", "sparkline"]

SECONDS_BETWEEN = 1.0 / 15.0
DRAWING_SHARE = 0.3  # of the time, at most
TEXT_LINES = 3
WIDEST = 120
SPARKS = "▁▂▃▄▅▆▇█"


class LiveView:
    """Draws the image, and below it the energy, the step and the time.

    Parameters
    ----------
    name : str
        What is being restored.
    viewer : Viewer
        How the image is shown.
    tol : float
        The step, in grey levels, at which the descent ends.
    console : rich.console.Console, optional
        By default standard error.
    """

    def __init__(
        self, name: str, viewer: Viewer, tol: float, console: Console | None = None
    ) -> None:
        self._name = os.path.basename(name)
        self._viewer, self._tol = viewer, tol
        self._console = console or Console(stderr=True)
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
        self._live.start()
        self._energies: list[float] = []
        self._channel = -1
        self._last: Progress | None = None
        self._next = 0.0

    def show(self, progress: Progress) -> None:
        """Draw, if it is time."""
        if progress.channel != self._channel:
            self._channel, self._energies = progress.channel, []
        self._energies.append(progress.fun)
        self._last = progress
        began = time.perf_counter()
        if began < self._next:
            return
        self._draw(progress.image)
        spent = time.perf_counter() - began
        self._next = began + max(SECONDS_BETWEEN, spent / DRAWING_SHARE)

    def finish(self, image: NDArray[Any]) -> None:
        """Draw the end."""
        self._draw(image)

    def close(self) -> None:
        """Leave the last frame standing."""
        self._live.stop()

    def _draw(self, image: NDArray[Any]) -> None:
        width, height = self._console.size
        rows = max(1, height - TEXT_LINES - 1)
        picture = self._viewer.picture(image, min(width, WIDEST), 2 * rows)
        self._live.update(Group(half_blocks(picture), self._words(width)), refresh=True)

    def _words(self, width: int) -> Text:
        progress = self._last
        if progress is None:
            return Text(self._name)
        channel = f" · channel {progress.channel + 1} of {progress.channels}"
        lines = [
            f"{self._name}{channel if progress.channels > 1 else ''} · "
            f"iteration {progress.iteration} · {progress.seconds:.1f} s",
            f"energy {progress.fun:<10.5g} {sparkline(self._energies, min(24, width // 3))}",
            f"step {progress.step:.3g} grey levels (ends at {self._tol:g})",
        ]
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


def half_blocks(picture: Image) -> Segments:
    """Draw an RGB picture with two pixels in every character cell, one above the other."""
    pixels = picture.load()
    assert pixels is not None
    segments = []
    for row in range(0, picture.height, 2):
        for column in range(picture.width):
            above: Any = pixels[column, row]
            below: Any = pixels[column, row + 1] if row + 1 < picture.height else None
            segments.append(Segment("▀", _style(_coarse(above), below and _coarse(below))))
        segments.append(Segment.line())
    return Segments(segments)


def _coarse(colour: Iterable[int]) -> tuple[int, ...]:
    """Take a quarter of the shades: the eye sees no difference, and few styles need be made."""
    return tuple(level & 0xFC for level in colour)


@functools.lru_cache(maxsize=65536)
def _style(above: tuple[int, ...], below: tuple[int, ...] | None) -> Style:
    return Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below) if below else None)


def sparkline(values: Sequence[float], width: int) -> str:
    """Draw numbers as small bars, the largest one the highest.

    By their logarithms, if all are positive: energies fall by orders of magnitude at first.

    Examples
    --------
    >>> sparkline([1000.0, 10.0, 2.0, 1.0], 10)
    '█▃▂▁'
    """
    if not values:
        return ""
    if len(values) > width:  # evenly spread, the last included
        values = [values[round(k * (len(values) - 1) / (width - 1))] for k in range(width)]
    if min(values) > 0.0:
        values = [math.log(value) for value in values]
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return "".join(SPARKS[round((value - low) / span * (len(SPARKS) - 1))] for value in values)
