"""Where the decrease is lost in rounding: on to the minimum, but not on for ever at a kink."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import talweg
from talweg.rounding import fresh, lost_in_rounding, renewed, used

CURVATURES = np.logspace(-4.0, 0.0, 1000)


def offset_bowl(x):
    """Return a quadratic whose lowest value is near -5e5: one rounding of it is 1e-10."""
    return 0.5 * jnp.sum(CURVATURES * x**2) - jnp.sum(x)


@pytest.mark.parametrize("method", ["lbfgs", "barzilai_borwein", "conjugate_gradient"])
def test_a_gradient_far_below_the_roundings_of_the_value_is_reached(method):
    result = talweg.minimize(offset_bowl, np.zeros(1000), method=method)
    assert result.success, result.message
    assert result.status == talweg.Status.CONVERGED
    slope = CURVATURES * result.x - 1.0
    assert np.abs(slope).max() <= 1e-6 * (1.0 + 1e-6)
    assert np.all(np.abs(result.x - 1.0 / CURVATURES) <= 1.001e-6 / CURVATURES)
    assert result.fun == pytest.approx(-0.5 * np.sum(1.0 / CURVATURES), rel=1e-13)
    assert -5.5e5 < result.fun < -5.4e5
    # The last steps are not seen in the value any more.
    assert abs(result.trace.fun[-20] - result.fun) <= 1e-10 * abs(result.fun)
    assert result.trace.gradient_norm[-20:].max() > 1e-6


TARGET, STRETCHES = np.array([1.0, -2.0, 0.5]), np.array([1.0, 4.0, 30.0])


def bowl_at(x, offset):
    return 0.5 * jnp.sum(STRETCHES * (x - TARGET) ** 2) + offset


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e6, 1e9])
@pytest.mark.parametrize("method", ["lbfgs", "barzilai_borwein"])
def test_an_offset_costs_digits_of_the_value_only(method, offset):
    result = talweg.minimize(bowl_at, np.zeros(3), (offset,), method=method)
    assert result.status == talweg.Status.CONVERGED
    assert np.abs(STRETCHES * (result.x - TARGET)).max() <= 1.001e-6


def test_the_linear_method_takes_steps_much_longer_than_its_start():
    # From zero, with a minimum at distances up to 1e4.
    for low in (-4.0, -3.0, -2.0):
        curvatures = np.logspace(low, 0.0, 1000)

        def bowl(x, curvatures):
            return 0.5 * jnp.sum(curvatures * x**2) - jnp.sum(x)

        result = talweg.minimize(bowl, np.zeros(1000), curvatures, method="conjugate_gradient")
        assert result.status == talweg.Status.CONVERGED, result.message
        assert np.all(np.abs(result.x - 1.0 / curvatures) <= 1.001e-6 / curvatures)
        # One evaluation a step, where a line search takes two: it was the linear method.
        assert result.nfev <= result.nit + 4


# Kinks


KINKS = {
    "taxi": lambda x: jnp.abs(x[0]) + jnp.abs(x[1]),
    "steep taxi": lambda x: 5.0 * jnp.abs(x[0] - 0.2) + jnp.abs(x[1] + 0.1),
    "lopsided": lambda x: jnp.sum(jnp.maximum(x, -2.0 * x)),
    "lopsided bowl": lambda x: jnp.sum(jnp.maximum(x, -2.0 * x)) + 0.5 * jnp.sum(x**2),
    "roof": lambda x: jnp.maximum(jnp.abs(x[0]) + 2.0 * x[1], -3.0 * x[1]),
    "high taxi": lambda x: jnp.sum(jnp.abs(x - 0.3)) + 1e6,
}
BRANCHES, NUMBERS = list(KINKS.values()), {name: np.int32(i) for i, name in enumerate(KINKS)}
METHODS = ["lbfgs", "conjugate_gradient", "barzilai_borwein", "gradient", "momentum"]


def any_kink(x, which):
    """Evaluate one of the functions: one program for all of them is compiled once a method."""
    return jax.lax.switch(which, BRANCHES, x)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", KINKS)
def test_a_kink_is_never_called_converged(name, method):
    # The gradient is nowhere below 0.5, also not at the minimum: it has none there.
    start, which = np.array([1.3, 0.7]), NUMBERS[name]
    result = talweg.minimize(any_kink, start, which, method=method, max_iter=1500)
    assert not result.success
    assert result.status in (talweg.Status.STALLED, talweg.Status.MAX_ITERATIONS), result.message
    assert result.gradient_norm >= 0.5
    assert result.fun < result.trace.fun[0]


ENDING = [
    *[(name, "barzilai_borwein") for name in KINKS],
    ("taxi", "gradient"),
    ("taxi", "conjugate_gradient"),
    *[(name, "lbfgs") for name in KINKS if name != "high taxi"],
    ("steep taxi", "gradient"),
]


@pytest.mark.parametrize(("name", "method"), ENDING)
def test_at_a_kink_the_patience_has_an_end(name, method):
    result = talweg.minimize(any_kink, np.array([1.3, 0.7]), NUMBERS[name], method=method)
    assert result.status == talweg.Status.STALLED
    assert "may not be smooth" in result.message
    assert result.nfev < 10_000


@pytest.mark.parametrize("step", ["backtracking", "strong_wolfe", "nonmonotone"])
def test_flat_values_are_followed_for_a_hundred_steps_only(step):
    # The value never changes, and no slope is flatter than the first: the gradient turns round.
    turns = itertools.cycle(np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]))
    result = talweg.minimize(
        lambda x: 1.0, np.zeros(2), jac=lambda x: next(turns), method="gradient", step=step
    )
    assert result.status == talweg.Status.STALLED
    assert result.nit == 100
    assert result.nfev < 300


# The rule by itself


def rule(before, value, first, slope, patience=None):
    with jax.enable_x64(True):
        patience = fresh(np.dtype(float)) if patience is None else patience
        return bool(lost_in_rounding(patience, *map(np.float64, (before, value, first, slope))))


def test_the_slopes_decide_only_where_the_values_can_not():
    assert rule(1e6, 1e6, -1.0, 0.5)
    assert rule(1e6, 1e6 + 1e-9, -1.0, 0.5)
    assert rule(-1e6, -1e6 + 1e-9, -1.0, 0.5)
    assert not rule(1e6, 1e6 + 1e-6, -1.0, 0.5)  # that is no rounding
    assert not rule(1.0, 1.0 + 1e-9, -1.0, 0.5)
    assert not rule(0.0, 1e-300, -1.0, 0.5)


@pytest.mark.parametrize("slope", [-1.0, -0.95, 0.95, 1.0, 3.0, np.nan])
def test_beyond_the_mirror_image_of_the_start_the_value_would_be_higher(slope):
    assert not rule(1e6, 1e6, -1.0, slope)


@pytest.mark.parametrize("slope", [-0.9, -0.5, 0.0, 0.5, 0.9])
def test_a_flatter_slope_is_nearer_to_the_minimum(slope):
    assert rule(1e6, 1e6, -1.0, slope)


def test_patience_is_used_up_and_comes_back_when_the_slope_has_come_down_to_half():
    with jax.enable_x64(True):
        patience = renewed(fresh(np.dtype(float)), np.float64(-1.0))
        for _ in range(100):
            assert rule(1e6, 1e6, -1.0, 0.0, patience)
            patience = renewed(used(patience, np.True_), np.float64(-0.75))
        assert not rule(1e6, 1e6, -1.0, 0.0, patience)
        patience = renewed(used(patience, np.False_), np.float64(-0.49))
        assert rule(1e6, 1e6, -1.0, 0.0, patience)
        assert int(patience.left) == 100
