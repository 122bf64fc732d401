"""The loss and the weights of a descent, a line every so many epochs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import click

__all__ = ["EpochLog", "echo"]

MOST_WEIGHTS = 10  # written in a line
_RULE = 80


class EpochLog:
    """Prints the loss and the weights every so many epochs.

    A line says the loss before a step, and the weights after it.

    Parameters
    ----------
    names : tuple of str
        Of the columns.
    every : int
    intercept : bool
        Whether there is one; then it is w0.
    say : callable
        ``say(line)`` prints.
    batches : bool, default False
        Whether steps by batches go before the epochs; they are counted apart.
    """

    def __init__(
        self, names: tuple[str, ...], every: int, intercept: bool, say: Callable[[str], None],
        batches: bool = False,
    ) -> None:  # fmt: skip
        self._names = (*(("intercept",) if intercept else ()), *names)
        self._every, self._intercept, self._say = every, intercept, say
        self._word = "Batch" if batches else "Epoch"
        self._loss = math.nan  # before the step that is next; NaN where it isn't known
        self._latest = ""
        self._last: int | None = None

    def show(self, state: Any) -> None:
        """Take note of an iterate, the start first; print a line if it is time."""
        weights = self._weights(state.intercept, state.coefficients)
        at, self._last = self._last, int(state.epoch)
        if at is None:
            self._say(self._legend())
        elif self._last <= at:
            self.close()
            self._word, self._loss = "Epoch", math.nan
        if at is None or self._last <= at:
            if self._last == 0:
                self._say(f"[Initial Weights] {weights}")
            self._say("-" * _RULE)
        if math.isfinite(self._loss) and self._last > 0:
            self._latest = f"{self._word} {self._last - 1}: Loss: {self._loss!r}, {weights}"
            if (self._last - 1) % self._every == 0:
                self.close()
        self._loss = float(state.loss)

    def _legend(self) -> str:
        """Say what the weights are called."""
        told = [f"w{k}: {name}" for k, name in enumerate(self._names[:MOST_WEIGHTS])]
        if len(self._names) > MOST_WEIGHTS:
            told.append(f"and {len(self._names) - MOST_WEIGHTS} more, which aren't shown")
        return ", ".join(told)

    def _weights(self, intercept: float, coefficients: Any) -> str:
        weights = [float(intercept)] if self._intercept else []
        weights += [float(weight) for weight in coefficients[:MOST_WEIGHTS]]
        return ", ".join(f"w{k}: {weight!r}" for k, weight in enumerate(weights[:MOST_WEIGHTS]))

    def close(self) -> None:
        """Print the latest epoch, if it has not been."""
        if self._latest:
            self._say(self._latest)
            self._latest = ""


def echo(to_stderr: bool) -> Callable[[str], None]:
    """Return what prints a line: to standard error where standard output holds data."""

    def say(line: str) -> None:
        click.echo(line, err=to_stderr)

    return say
