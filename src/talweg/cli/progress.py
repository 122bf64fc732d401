"""A restoration's progress: a line a second, or a bar on a terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from talweg.cli.report import Reporter
    from talweg.images.restore import Progress

__all__ = ["Bar", "Lines", "Watcher", "describe"]

LINE_SECONDS = 1.0
BAR_SECONDS = 0.5


class Watcher(Protocol):
    """Something that looks at a restoration while it runs."""

    def show(self, progress: Progress) -> None:
        """Look at where it is now."""

    def close(self) -> None:
        """Look no more."""


def describe(progress: Progress) -> str:
    """Say in a few words where a restoration is."""
    channel = f"channel {progress.channel + 1} of {progress.channels}, "
    return (
        f"{channel if progress.channels > 1 else ''}iteration {progress.iteration}, "
        f"energy {progress.fun:.6g}, step {progress.step:.3g} grey levels, "
        f"{progress.seconds:.1f} s"
    )


class Lines:
    """A line a second, for logs."""

    def __init__(self, name: str, reporter: Reporter) -> None:
        self._name, self._reporter = name, reporter
        self._last = 0.0

    def show(self, progress: Progress) -> None:
        """Write a line, if the last one was a second ago."""
        if progress.seconds - self._last >= LINE_SECONDS:
            self._last = progress.seconds
            self._reporter.note(f"{self._name}: {describe(progress)}")

    def close(self) -> None:
        """Do nothing more."""


class _Course:
    """About how far a restoration is.

    By the number of iterations, where it is known. Else by how much of the way to the tolerance the
    steps have shrunk: those of a descent shrink about geometrically, so their logarithms tell.
    """

    def __init__(self, tol: float) -> None:
        self._tol = tol
        self._channel = -1
        self._largest = 0.0
        self._share = 0.0

    def of(self, progress: Progress) -> float:
        """Return the share of the way, from 0 to 1. It never falls."""
        if progress.channel != self._channel:
            self._channel, self._largest = progress.channel, 0.0
        self._largest = max(self._largest, progress.step)
        within = 0.0
        if progress.iterations:
            within = progress.iteration / progress.iterations
        elif self._largest > self._tol and progress.step > 0.0:
            within = math.log(self._largest / progress.step) / math.log(self._largest / self._tol)
        share = (progress.channel + min(max(within, 0.0), 1.0)) / progress.channels
        self._share = max(self._share, share)
        return self._share


class Bar:
    """A bar on a terminal, once a restoration takes longer than the blink of an eye."""

    def __init__(self, name: str, tol: float) -> None:
        self._name = name
        self._course = _Course(tol)
        self._bar: Any = None
        self._task: Any = None

    def show(self, progress: Progress) -> None:
        """Move the bar."""
        share = self._course.of(progress)
        if progress.seconds < BAR_SECONDS:
            return
        if self._bar is None:
            self._start()
        self._bar.update(self._task, completed=share, state=describe(progress))

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[state]}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(self._name, total=1.0, state="")
        self._bar.start()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
