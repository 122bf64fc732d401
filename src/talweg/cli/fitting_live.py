"""The loss as it goes down, drawn in a terminal."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

from talweg.cli.live import DRAWING_SHARE, SECONDS_BETWEEN

if TYPE_CHECKING:
    from talweg.cli.fitting_progress import Sight

__all__ = ["LossView", "loss_chart"]

WIDEST = 100
TALLEST = 16
MOST_KEPT = 4096
_EIGHTHS = " ▁▂▃▄▅▆▇█"


class LossView:
    """Draws the loss over the epochs, and says below it where the fit is.

    Parameters
    ----------
    name : str
        What is being fitted.
    console : rich.console.Console, optional
        By default standard error.
    """

    def __init__(self, name: str, console: Console | None = None) -> None:
        self._name = os.path.basename(name)
        self._console = console or Console(stderr=True)
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
        self._live.start()
        self._losses: list[float] = []
        self._every = 1  # epochs for each that is kept
        self._epoch: int | None = None
        self._last: Sight | None = None
        self._next = 0.0

    def show(self, sight: Sight) -> None:
        """Draw, if it is time."""
        self._last = sight
        if sight.epoch is not None and sight.loss is not None and sight.epoch != self._epoch:
            self._epoch = sight.epoch
            self._keep(sight.loss)
        began = time.perf_counter()
        if began < self._next:
            return
        self._draw()
        spent = time.perf_counter() - began
        self._next = began + max(SECONDS_BETWEEN, spent / DRAWING_SHARE)

    def _keep(self, loss: float) -> None:
        """Keep a loss; where there are too many, every other one is let go."""
        if self._epoch is not None and self._epoch % self._every == 0:
            self._losses.append(loss)
        if len(self._losses) > MOST_KEPT:
            del self._losses[1::2]
            self._every *= 2

    def close(self) -> None:
        """Draw the end, and leave it standing."""
        if self._live.is_started:
            self._draw()
            self._live.stop()

    def _draw(self) -> None:
        width, height = self._console.size
        lines = loss_chart(self._losses, min(width, WIDEST) - 1, min(height - 3, TALLEST))
        words = self._last.describe() if self._last is not None else "reading"
        self._live.update(
            Text("\n".join([*lines, f"{self._name}: {words}"]), no_wrap=True, overflow="ellipsis"),
            refresh=True,
        )


def loss_chart(losses: Sequence[float], width: int, height: int) -> list[str]:
    """Draw a curve in lines of text, with its highest and lowest value beside it.

    On a logarithmic scale, if all values are positive.

    Parameters
    ----------
    losses : sequence of float
        Those that aren't finite are left out.
    width, height : int
        In characters.

    Returns
    -------
    list of str
        None where there is no loss yet.

    Examples
    --------
    >>> for line in loss_chart([1000.0, 100.0, 10.0, 1.0], 14, 4):
    ...     print(line)
     1000 █
          █▆
          ██▃
        1 ███▁
    """
    losses = [loss for loss in losses if math.isfinite(loss)]
    if not losses or height < 1:
        return []
    labels = [f"{max(losses):.4g}", f"{min(losses):.4g}"]
    margin = max(5, *map(len, labels)) + 1
    columns = max(width - margin, 1)
    if len(losses) > columns:
        spread = max(columns - 1, 1)
        losses = [losses[round(k * (len(losses) - 1) / spread)] for k in range(columns)]
    heights = [math.log(loss) for loss in losses] if min(losses) > 0.0 else losses
    low, span = min(heights), (max(heights) - min(heights)) or 1.0
    most = 8 * height
    bars = [1 + round((value - low) / span * (most - 1)) for value in heights]
    lines = []
    for line in range(height):
        floor = 8 * (height - 1 - line)
        label = labels[0] if line == 0 else labels[1] if line == height - 1 else ""
        drawn = "".join(_EIGHTHS[min(max(bar - floor, 0), 8)] for bar in bars)
        lines.append(f"{label:>{margin - 1}} {drawn}".rstrip())
    return lines
