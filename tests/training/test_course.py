"""The course of a training of a loss that takes no time: its mean, its step sizes, its clock."""

from __future__ import annotations

import math
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from talweg.energies.beginning import first_parameters
from talweg.training import course
from talweg.training.course import Course
from talweg.training.standing import Standing
from talweg.training.validation import Score

COMPILING, BATCH, LOOKING = 30.0, 0.5, 3.0  # seconds, on a clock that only these move


def to_targets(point, batch):
    """Half the square of the distance from where a batch is."""
    return 0.5 * sum(jnp.sum(jnp.square(each - batch)) for each in jax.tree.leaves(point))


@pytest.fixture
def run(monkeypatch):
    """Run a training; return the rate of every batch, the iterates, the times, the means looked at.

    All of its time is compiling, batches and looks.
    """
    clock = SimpleNamespace(now=0.0, compiled=False)
    kept = SimpleNamespace(rates={}, points={}, ends=[], looked=[])
    honest = course.descend

    def batches(_):
        rng = np.random.default_rng(0)
        while True:
            clock.now += BATCH if clock.compiled else COMPILING
            clock.compiled = True
            yield np.float32(rng.normal())

    def descend(*given, step, **options):
        def rate(batch):
            size = step(batch)
            if batch not in kept.points:  # tables begin before the batch that is next
                kept.rates[batch] = size
            return size

        stream, told = honest(*given, step=rate, **options), None
        while True:
            try:
                state = stream.send(told)
            except StopIteration as end:
                return end.value
            kept.points[int(state.iteration)] = state.x
            kept.ends.append((int(state.iteration), clock.now))
            told = yield state

    def look(parameters):
        clock.now += LOOKING
        kept.looked.append(parameters)
        return Score((0.5,), (float(len(kept.looked)),))

    def begin(total, standing=None):
        if standing is None:
            first = first_parameters(8, 4, 1, 2)
            standing = Standing({"filters": 8}, first, first)
        training = Course(standing, SimpleNamespace(score=look), None, None)
        training.learn(None, total)
        return standing, kept

    monkeypatch.setattr(course, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    monkeypatch.setattr(course, "training_loss", to_targets)
    monkeypatch.setattr(course, "_batches", batches)
    monkeypatch.setattr(course, "descend", descend)
    return begin


def test_the_rate_goes_down_as_time_passes(run):
    total = 120.0
    standing, kept = run(total)
    last = standing.batch
    assert 110 < last < 190  # what is left of the time by compiling and looking
    assert standing.looks[-1].batch == last
    assert total <= standing.seconds < total + 2 * BATCH
    # Known from the eleventh batch on: over a tenth of what the time allows it is warm.
    assert kept.rates[1] == pytest.approx(2 / course._WARMING * course._RATE, rel=0.15)
    for batch, now in kept.ends:
        if batch in (30, 60, 100, last - 5):
            share = min((now - LOOKING) / total, 1.0)  # the first look is before the clock begins
            cosine = course._LAST_SHARE + (1 - course._LAST_SHARE) * (
                0.5 + 0.5 * math.cos(math.pi * share)
            )
            assert kept.rates[batch] / course._RATE == pytest.approx(cosine, abs=0.05)
    assert kept.rates[last - 1] < 0.04 * course._RATE


def test_the_first_leg_is_not_looked_at(run):
    standing, _ = run(120.0)
    batches = [look.batch for look in standing.looks]
    assert batches[0] == 0
    assert batches[1] > 2 * course._TIMED
    assert len(batches) == 1 + math.ceil((120.0 - COMPILING) / (course._SHORTEST + LOOKING))


def test_what_is_looked_at_is_the_mean_of_the_iterates(run, monkeypatch):
    """Summed with its weights, one for each iterate, and resumed."""
    monkeypatch.setattr(course, "_MEAN_SHARE", 0.05)
    standing, kept = run(100.0)
    stopped = standing.batch
    run(130.0, standing)
    last = standing.batch
    assert last > stopped + 10 > 60
    # 20 steps of even weights, then each newer one has a twentieth.
    weights = np.ones(last + 1)
    weights[0] = 0.0
    for batch in range(1, last + 1):
        share = max(0.05, 1.0 / batch)
        weights[:batch] *= 1.0 - share
        weights[batch] = share
    assert weights.sum() == pytest.approx(1.0)
    for name, unit in (("filters", 5.0), ("momenta", 0.5)):
        expected = sum(weights[k] * unit * kept.points[k][name] for k in range(1, last + 1))
        found = getattr(kept.looked[-1], name)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
        assert found.dtype == np.float32
        apart = np.abs(unit * kept.points[last][name] - expected).max()
        assert apart > 1e-3  # it isn't the last iterate
    assert standing.best is kept.looked[-1]  # each look was better
