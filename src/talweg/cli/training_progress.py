"""A training while it runs: lines, or a curve on a terminal; its history, and Ctrl-C."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, Protocol

from talweg.cli.report import Reporter, is_terminal

if TYPE_CHECKING:
    from talweg.cli.interrupt import Interruption
    from talweg.training.course import TrainingProgress
    from talweg.training.standing import Look

__all__ = ["CurveView", "Lines", "TrainingWatchers", "choose_view", "describe", "tell_time"]

LINE_SECONDS = 30.0
MOST_KEPT = 2000
WIDEST, TALLEST = 100, 12


def tell_time(seconds: float) -> str:
    """Write a time as minutes and seconds.

    Examples
    --------
    >>> tell_time(61.7), tell_time(3600.0)
    ('1:02', '60:00')
    """
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def describe(progress: TrainingProgress) -> str:
    """Say in a few words where a training is."""
    loss = f", loss {progress.loss:.3f}" if math.isfinite(progress.loss) else ""
    left = tell_time(max(progress.total_seconds - progress.seconds, 0.0))
    return (
        f"{tell_time(progress.seconds)} of {tell_time(progress.total_seconds)} minutes "
        f"({left} left), {progress.batch:,} batches{loss}"
    )


class View(Protocol):
    """Something that looks at a training."""

    def show(self, progress: TrainingProgress) -> None:
        """Look at where it is now."""

    def close(self) -> None:
        """Look no more."""


class Lines:
    """A line at every validation, and one every half a minute, for logs."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._looks: int | None = None
        self._next = 0.0

    def show(self, progress: TrainingProgress) -> None:
        """Write a line, if there is something new, or it is time."""
        looked = self._looks is not None and len(progress.looks) > self._looks
        self._looks = len(progress.looks)
        if looked:
            best = ", the best" if progress.best is progress.looks[-1] else ""
            words = f"{describe(progress)}; held out: {progress.looks[-1].score}{best}"
        elif time.monotonic() >= self._next:
            words = describe(progress)
        else:
            return
        self._next = time.monotonic() + LINE_SECONDS
        self._reporter.note(words)

    def close(self) -> None:
        """Do nothing more."""


class CurveView:
    """The loss as a curve on a terminal, and below it where the training is.

    Parameters
    ----------
    losses : list of float
        Shared with the one that gathers them.
    console : rich.console.Console, optional
        By default standard error.
    """

    def __init__(self, losses: list[float], console: Any = None) -> None:
        from rich.console import Console
        from rich.live import Live

        self._losses = losses
        self._console = console or Console(stderr=True)
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
        self._live.start()

    def show(self, progress: TrainingProgress) -> None:
        """Draw; it is called about once a second."""
        from rich.console import Group
        from rich.text import Text

        from talweg.cli.fitting_live import loss_chart

        width, height = self._console.size
        chart = loss_chart(self._losses, min(width, WIDEST) - 1, min(height - 8, TALLEST))
        words = [describe(progress), f"held out: {progress.looks[-1].score}"]
        if progress.best is not progress.looks[-1]:
            words.append(f"the best: {progress.best.score}")
        curve = Text("\n".join(chart), no_wrap=True, overflow="crop")
        self._live.update(Group(curve, *map(Text, words)), refresh=True)

    def close(self) -> None:
        """Leave the last drawing standing."""
        if self._live.is_started:
            self._live.stop()


def choose_view(losses: list[float], reporter: Reporter) -> View | None:
    """Choose who looks at a training."""
    if reporter.quiet:
        return None
    return CurveView(losses) if is_terminal() else Lines(reporter)


class TrainingWatchers:
    """What `talweg.train_energy` calls: keeps the history, shows it, and ends it at Ctrl-C.

    Parameters
    ----------
    interruption : Interruption
    reporter : Reporter
    earlier : list of Look
        The validations of the training that is gone on from.

    Attributes
    ----------
    history : list of (float, float)
        Seconds and losses.
    last : TrainingProgress or None
        What was seen last.
    """

    def __init__(self, interruption: Interruption, reporter: Reporter, earlier: list[Look]) -> None:
        self._interruption, self._reporter = interruption, reporter
        self.history = [(look.seconds, look.loss) for look in earlier if math.isfinite(look.loss)]
        self.last: TrainingProgress | None = None
        self._losses = [loss for _, loss in self.history]
        self._view: View | None = None
        self._said = False

    def __call__(self, progress: TrainingProgress) -> None:
        """Take note of where the training is; end it if that was asked for."""
        self._interruption.begin()
        if self.last is None:
            if progress.batch == 0:
                self._reporter.note(f"before training, held out: {progress.looks[0].score}")
            self._view = choose_view(self._losses, self._reporter)
        self.last = progress
        if math.isfinite(progress.loss):
            self._keep(progress.seconds, progress.loss)
        if self._view is not None:
            self._view.show(progress)
        if self._interruption.asked:
            self.close()
            if not self._said:
                self._reporter.note(
                    "Interrupted: measuring, then writing the best so far (Ctrl-C again gives it "
                    "up)"
                )
            self._said = True
            raise StopIteration

    def _keep(self, seconds: float, loss: float) -> None:
        """Keep a loss; where there are too many, every other one is let go."""
        if self.history and seconds <= self.history[-1][0]:
            return
        self.history.append((seconds, loss))
        self._losses.append(loss)
        if len(self._losses) > MOST_KEPT:
            del self._losses[1::2], self.history[1::2]

    def close(self) -> None:
        """Tell the one who looks that it is over."""
        if self._view is not None:
            self._view.close()
            self._view = None
