"""The gradient that training goes down, in double precision."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from talweg.energies.beginning import first_parameters
from talweg.energies.learned import Parameters
from talweg.training import loss
from talweg.training.loss import Batch, scaled, training_loss, unscaled


@pytest.fixture(scope="module")
def batch():
    """Two crops of 8 x 8 pixels: one with half of them missing, one noisy."""
    rng = np.random.default_rng(0)
    truth = rng.random((2, 8, 8))
    missing = rng.random((2, 8, 8)) < [[[0.5]], [[0.0]]]
    start = truth + 0.1 * rng.normal(size=truth.shape) * (missing | [[[False]], [[True]]])
    return Batch(truth, start, missing, np.array([0.5, 1.0]), np.array([0.0, 0.1]))


@pytest.fixture(scope="module")
def point():
    """Small random parameters, far enough from the first ones that all of them matter."""
    rng = np.random.default_rng(1)
    first = first_parameters(8, 4, 1, 2)
    moved = [np.float64(each) + 0.1 * rng.normal(size=np.shape(each)) for each in first]
    steps = Parameters(*moved)._replace(steps=np.array([-8.0, -8.5]))
    return scaled(steps)


@pytest.fixture(scope="module")
def slope(batch, point):
    """Value and gradient, which isn't shortened: so few pixels make it longer than a crop's."""
    with jax.enable_x64(True):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loss, "_LARGEST", 1e9)
            compiled = jax.jit(jax.value_and_grad(training_loss)).lower(point, batch).compile()
        yield lambda point: jax.tree.map(np.asarray, compiled(point, batch))


@pytest.mark.parametrize("name", Parameters._fields)
def test_the_gradient_is_the_slope(slope, point, name):
    """Against central differences along a random direction of one kind of parameter."""
    gradient = slope(point)[1][name]
    along = np.random.default_rng(2).normal(size=gradient.shape)
    step = 1e-5
    values = [slope({**point, name: point[name] + k * step * along})[0] for k in (-1, 1)]
    expected = (values[1] - values[0]) / (2 * step)
    assert abs(expected) > 1e-7
    assert np.vdot(gradient, along) == pytest.approx(expected, rel=1e-4, abs=1e-9)


def test_downhill_the_loss_falls(slope, point):
    value, gradient = slope(point)
    lower = {name: point[name] - 1e-3 * gradient[name] for name in point}
    square = sum(np.vdot(each, each) for each in gradient.values())
    assert slope(lower)[0] == pytest.approx(value - 1e-3 * square, abs=0.2e-3 * square)


def test_steps_of_no_size_leave_the_start(slope, point):
    still = {**point, "steps": np.full(2, -1e3)}
    assert slope(still)[0] == pytest.approx(0.0, abs=1e-12)


def test_scaling_is_undone(point):
    for ours, theirs in zip(unscaled(point), unscaled(scaled(unscaled(point))), strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-12)


def test_gradients_that_explode_are_shortened():
    with jax.enable_x64(True):
        for given, expected in (
            ([3.0, 4.0], [0.6 * 0.4, 0.8 * 0.4]), ([0.1, 0.2], [0.1, 0.2]),
            ([np.inf, 1.0], [0.0, 0.0]), ([np.nan, 1.0], [0.0, 0.0]), ([0.0, 0.0], [0.0, 0.0]),
        ):  # fmt: skip
            _, back = jax.vjp(loss._limited, np.zeros(2))
            np.testing.assert_allclose(back(np.array(given))[0], expected, rtol=1e-12)
