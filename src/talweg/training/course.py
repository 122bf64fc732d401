"""The course of a training: batch by batch, from validation to validation, until time is over.

What is measured and kept is a running mean of the iterates [1]_: each is thrown about by the
pictures and damages of its last batches, and their mean is not.

References
----------
.. [1] B. T. Polyak and A. B. Juditsky, "Acceleration of stochastic approximation by averaging",
   SIAM Journal on Control and Optimization 30 (1992), 838-855.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from talweg.descent import descend
from talweg.energies.learned import Parameters
from talweg.state import State
from talweg.training.loss import Batch, scaled, training_loss, unscaled
from talweg.training.samples import Pool
from talweg.training.standing import Look, Standing, save_standing
from talweg.training.validation import Validation

__all__ = ["Course", "TrainingProgress"]

_BATCH = 8
_RATE, _FINE_RATE = 0.05, 0.02  # the first step sizes: from nothing, and from a learned energy
_LAST_SHARE = 0.02  # of the first step size that is left at the end
_WARMING = 50  # batches over which the step size grows to its first value, at most
_WARMING_SHARE = 0.1  # of all batches, at most
_TIMED = 10  # batches by which the pace is found, after the first one, which compiles
_MEAN_SHARE = 0.01  # of the newest iterate in the running mean
_LOOKS = 24  # validations in all, if the time allows
_SHORTEST = 20.0  # seconds between two of them
_TELLING = 1.0  # seconds between two calls of the callback


@dataclasses.dataclass(frozen=True)
class TrainingProgress:
    """A training while it runs, as the callback sees it.

    Attributes
    ----------
    batch : int
        Batches learned from so far.
    seconds, total_seconds : float
        Spent so far, those before a resume included, and to be spent in all.
    loss : float
        Mean logarithm of the mean square error over that of the start (the thin plate, or the noisy
        picture), of the last hundred batches; NaN before the first. -0.23 is a gain of 1 dB.
    looks : list of Look
        Every validation so far: batch, seconds, loss, score. The first is of the start.
    best : Look
        That of the energy that would be kept if it ended now.
    """

    batch: int
    seconds: float
    total_seconds: float
    loss: float
    looks: list[Look]
    best: Look


class Course:
    """One training, from look to look.

    Parameters
    ----------
    standing : Standing
        Where it begins; changed as it goes on.
    validation : Validation
    checkpoint : str, path or None
        The file that keeps where it stands.
    callback : callable or None

    Attributes
    ----------
    broken : bool
        Whether it ended because the loss was no longer finite.
    """

    def __init__(
        self, standing: Standing, validation: Validation, checkpoint: Any, callback: Any
    ) -> None:
        self._standing, self._validation = standing, validation
        self._checkpoint, self._callback = checkpoint, callback
        self._rate = _FINE_RATE if standing.settings["filters"] is None else _RATE
        self._losses: list[float] = []
        self._pace: float | None = None  # seconds a batch
        self.broken = False

    def learn(self, pool: Pool, total: float) -> None:
        """Learn until the time is over, or the callback ends it."""
        standing = self._standing
        if not standing.looks:
            self._look(standing.start)
        began = time.perf_counter() - standing.seconds
        stopped = self._tell(total)
        while standing.seconds < total and not stopped:
            timing = self._pace is None
            until = min(standing.seconds + max(total / _LOOKS, _SHORTEST), total)
            if timing or total - until < _SHORTEST / 2.0:
                until = total
            stopped = self._leg(pool, total, until, began)
            if timing and not (stopped or self.broken) and standing.seconds < until:
                continue
            self._look(standing.best if standing.mean is None else standing.mean)
            if self._checkpoint is not None and not self.broken:
                save_standing(self._checkpoint, standing)
            stopped = self._tell(total) or stopped or self.broken

    def _leg(self, pool: Pool, total: float, until: float, began: float) -> bool:
        """Learn up to a time, the first leg for a few batches. Return whether it was ended."""
        standing = self._standing
        stream = descend(
            training_loss, scaled(standing.start), method="adam", beta1=0.9, beta2=0.99,
            step=self._schedule(total, time.perf_counter() - began), batches=_batches(pool),
            max_iter=10**9, resume=standing.checkpoint,
        )  # fmt: skip
        timing, first, compiled = self._pace is None, standing.batch, 0.0
        told, stop, stopped = time.perf_counter(), False, False
        while True:
            try:
                state = stream.send(stop) if stop else next(stream)
            except StopIteration as end:
                self.broken = not stop  # a loss that isn't finite ends a descent by itself
                if not self.broken:
                    standing.checkpoint = end.value.checkpoint
                return stopped
            standing.seconds = time.perf_counter() - began
            done, over = state.iteration - first, standing.seconds >= until
            if math.isfinite(state.fun) and (done or not first):  # not the last leg's end again
                self._losses = [*self._losses[-99:], state.fun]
                standing.mean = _averaged(standing.mean, state)
            if done <= 1:
                compiled = standing.seconds
            elif done > _TIMED or over:
                self._pace = (standing.seconds - compiled) / (done - 1)
                stop = timing
            if time.perf_counter() - told > _TELLING or over:
                stopped = self._tell(total, state.iteration)
                told = time.perf_counter()
                stop = stop or stopped or over

    def _schedule(self, total: float, spent: float) -> Callable[[int], float]:
        """Return the step sizes of the batches from now on."""
        first, pace = self._standing.batch, self._pace or 0.0
        warming = _WARMING if not pace else min(_WARMING, _WARMING_SHARE * total / pace)

        def rate(batch: int) -> float:
            share = min((spent + (batch - first) * pace) / total, 1.0)
            cosine = 0.5 * (1.0 + math.cos(math.pi * share))
            warm = min((batch + 1) / warming, 1.0)
            return self._rate * warm * (_LAST_SHARE + (1.0 - _LAST_SHARE) * cosine)

        return rate

    def _look(self, parameters: Parameters) -> None:
        """Measure the parameters, and keep them if they are the best so far."""
        standing = self._standing
        score = self._validation.score(parameters)
        standing.looks.append(Look(standing.batch, standing.seconds, self._loss(), score))
        if standing.best_look is standing.looks[-1]:
            standing.best = parameters

    def _loss(self) -> float:
        return float(np.mean(self._losses)) if self._losses else math.nan

    def _tell(self, total: float, batch: int | None = None) -> bool:
        """Tell the callback; return whether it ended the training."""
        if self._callback is None:
            return False
        standing = self._standing
        progress = TrainingProgress(
            standing.batch if batch is None else batch, standing.seconds, total, self._loss(),
            list(standing.looks), standing.best_look,
        )  # fmt: skip
        try:
            self._callback(progress)
        except StopIteration:
            return True
        return False


def _averaged(mean: Parameters | None, state: State) -> Parameters:
    """Return the running mean with one more iterate; so short at first that the start is left."""
    point = Parameters(*map(np.asarray, unscaled(state.x)))
    if mean is None or state.iteration == 0:
        return point
    share = max(_MEAN_SHARE, 1.0 / int(state.iteration))
    moved = (old + share * (new - old) for old, new in zip(mean, point, strict=True))
    return Parameters(*map(np.asarray, moved))


def _batches(pool: Pool) -> Iterator[Batch]:
    while True:
        yield pool.batch(_BATCH)
