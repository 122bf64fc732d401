"""How far a pass over a table is."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

__all__ = ["Watch"]

_TELL_SECONDS = 0.1


@dataclasses.dataclass
class Watch:
    """How far the latest pass is.

    Attributes
    ----------
    rows, dropped : int
        Rows read, and those of them left out because something was missing.
    bytes : int
        How much of the source has been read.
    whole : bool
        Whether the pass has come to its end.
    coarse : set of str
        Columns with integers beyond 2^53, which float64 rounds.
    tell : callable or None
        Called ten times a second with the watch.
    """

    rows: int = 0
    dropped: int = 0
    bytes: int = 0
    whole: bool = False
    coarse: set[str] = dataclasses.field(default_factory=set)
    tell: Callable[[Watch], Any] | None = None
    told: float = 0.0

    def start(self) -> None:
        """Begin a pass."""
        self.rows = self.dropped = self.bytes = 0
        self.whole = False

    def saw(self, rows: int, done: int) -> None:
        """Count rows."""
        self.rows += rows
        self.bytes = done
        if self.tell is not None and (now := time.monotonic()) - self.told >= _TELL_SECONDS:
            self.told = now
            self.tell(self)

    def end(self, done: int) -> None:
        """End a pass."""
        self.bytes, self.whole = done, True
        if self.tell is not None:
            self.tell(self)
