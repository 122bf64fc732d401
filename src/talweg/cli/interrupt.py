"""Ctrl-C: the first ends the descent and keeps what it has reached, the second ends at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

__all__ = ["Interruption"]


class Interruption:
    """Catches Ctrl-C while it is entered.

    Until `begin` is called, and from the second time on, Ctrl-C is the usual
    ``KeyboardInterrupt``. In between it is only noted in `asked`.

    Outside the main thread, where Python takes no signals, this does nothing.
    """

    def __init__(self) -> None:
        self.asked = False
        self._begun = False
        self._before: Any = None

    def __enter__(self) -> Interruption:
        """Take over the signal."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._caught)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Give the signal back."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def begin(self) -> None:
        """From now on there is something to keep."""
        self._begun = True

    def _caught(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.asked or not self._begun:
            raise KeyboardInterrupt
        self.asked = True  # no word here: standard error may be in the middle of a line
