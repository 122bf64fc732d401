"""A fit while it runs: rows and bytes read, the loss as it falls, and Ctrl-C."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import TYPE_CHECKING, Any, Protocol

from talweg.cli.report import Reporter, is_terminal

if TYPE_CHECKING:
    from talweg.cli.fitting_log import EpochLog
    from talweg.cli.interrupt import Interruption

__all__ = ["Bar", "Course", "FitWatchers", "Lines", "Sight", "choose_courses", "tell_size"]

LINE_SECONDS = 1.0
BAR_SECONDS = 0.5


@dataclasses.dataclass
class Sight:
    """Where a fit is.

    Attributes
    ----------
    rows : int
        Read in this pass.
    rows_total, bytes_total : int or None
        None where they aren't known before the end.
    bytes_done : int or None
        Read in this pass.
    epoch : int or None
        None before the first.
    loss : float or None
    seconds : float
        Since the start.
    """

    rows: int = 0
    rows_total: int | None = None
    bytes_done: int | None = None
    bytes_total: int | None = None
    epoch: int | None = None
    loss: float | None = None
    seconds: float = 0.0

    def describe(self) -> str:
        """Say it in a few words."""
        parts = []
        if self.epoch is not None and self.loss is not None:
            parts.append(f"epoch {self.epoch}, loss {self.loss:.6g}")
        if self.rows:
            of = f" of {self.rows_total:,}" if self.rows_total else ""
            parts.append(f"{self.rows:,}{of} rows")
        if self.bytes_done:
            of = f" of {tell_size(self.bytes_total)}" if self.bytes_total else ""
            parts.append(f"{tell_size(self.bytes_done)}{of}")
        parts.append(f"{self.seconds:.1f} s")
        return ", ".join(parts)

    @property
    def share(self) -> float | None:
        """How much of the pass is done, from 0 to 1, where that is known."""
        for done, total in ((self.bytes_done, self.bytes_total), (self.rows, self.rows_total)):
            if done is not None and total:
                return min(done / total, 1.0)
        return None


def tell_size(count: int) -> str:
    """Write a number of bytes.

    Examples
    --------
    >>> tell_size(999), tell_size(2_500_000)
    ('999 B', '2.5 MB')
    """
    if count < 1000:
        return f"{count} B"
    units = ("kB", "MB", "GB", "TB")
    step = min(int(math.log(count + 0.5, 1000.0)), len(units))
    return f"{count / 1000.0**step:.3g} {units[step - 1]}"


class Course(Protocol):
    """Something that looks at a fit while it runs."""

    def show(self, sight: Sight) -> None:
        """Look at where it is now."""

    def close(self) -> None:
        """Look no more."""


class Lines:
    """A line a second, for logs."""

    def __init__(self, name: str, reporter: Reporter) -> None:
        self._name, self._reporter = name, reporter
        self._last = 0.0

    def show(self, sight: Sight) -> None:
        """Write a line, if the last one was a second ago."""
        if sight.seconds - self._last >= LINE_SECONDS:
            self._last = sight.seconds
            self._reporter.note(f"{self._name}: {sight.describe()}")

    def close(self) -> None:
        """Do nothing more."""


class Bar:
    """A bar on a terminal, of the pass over the rows, once a fit takes a while."""

    def __init__(self, name: str, console: Any = None) -> None:
        self._name, self._console = name, console
        self._bar: Any = None
        self._task: Any = None

    def show(self, sight: Sight) -> None:
        """Move the bar."""
        if sight.seconds < BAR_SECONDS:
            return
        if self._bar is None:
            self._start()
        share = sight.share
        self._bar.update(
            self._task, total=None if share is None else 1.0, completed=share or 0.0,
            state=sight.describe(),
        )  # fmt: skip

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[state]}", markup=False),
            console=self._console or Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(self._name, total=None, state="")
        self._bar.start()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


class FitWatchers:
    """All that look at a fit, and Ctrl-C.

    Parameters
    ----------
    table : Table
        Asked for its size.
    interruption : Interruption
    reporter : Reporter
    courses : list of Course
    log : EpochLog, optional
    """

    def __init__(
        self, table: Any, interruption: Interruption, reporter: Reporter, courses: list[Course],
        log: EpochLog | None = None,
    ) -> None:  # fmt: skip
        self._interruption, self._reporter = interruption, reporter
        self._courses, self._log = courses, log
        self._sight = Sight(rows_total=table.rows_total, bytes_total=table.bytes_total)
        self._began = time.perf_counter()

    def _note(self, state: Any) -> None:
        self._sight.epoch, self._sight.loss = int(state.epoch), float(state.loss)
        if self._log is not None:
            self._log.show(state)

    def tell(self, rows: int) -> None:
        """Take note of how many rows were read."""
        self._sight.rows = int(rows)
        self._show()

    def read(self, watch: Any) -> None:
        """Take note of how much of the table was read."""
        self._sight.rows, self._sight.bytes_done = int(watch.rows), int(watch.bytes)
        self._show()

    def __call__(self, state: Any) -> None:
        """Take note of an epoch; end the descent if that was asked for."""
        self._interruption.begin()
        self._note(state)
        self._show()
        if self._interruption.asked:
            self.close()
            self._reporter.note("Interrupted: keeping the best so far (Ctrl-C again gives it up)")
            raise StopIteration

    def _show(self) -> None:
        self._sight.seconds = time.perf_counter() - self._began
        for course in self._courses:
            course.show(self._sight)

    def close(self) -> None:
        """Tell all that it is over."""
        for course in self._courses:
            course.close()
        if self._log is not None:
            self._log.close()


def choose_courses(name: str, live: bool, reporter: Reporter) -> list[Course]:
    """Choose who looks at a fit."""
    if live and is_terminal():
        from talweg.cli.fitting_live import LossView

        return [LossView(name)]
    if reporter.quiet:
        return []
    return [Bar(name) if is_terminal() else Lines(name, reporter)]
