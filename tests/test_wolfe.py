"""The strong-Wolfe search by itself: it is told values and slopes, nothing else."""

import jax
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import talweg

BEGIN = jax.jit(lambda step, state, *told: step.begin(state, *told))
TOLD = jax.jit(lambda step, state, *told: step.told(state, *told))


def search(step, phi, slope, length=1.0):
    """Run a search to its end; return the last trial, whether accepted, and all trials."""
    with jax.enable_x64(True), np.errstate(all="ignore"):
        state = step.start(np.dtype(float))
        state = BEGIN(step, state, phi(0.0), slope(0.0), length, False, False)
        trials = []
        while len(trials) <= 200:
            trials.append(float(state.size))
            value, tangent = float(phi(trials[-1])), float(slope(trials[-1]))
            state, accepted, failed = TOLD(step, state, value, tangent, trials[-1] * slope(0.0))
            if accepted or failed:
                return trials[-1], bool(accepted), trials
    raise AssertionError("the search has no end")


def wave(parameters, bend):
    """Return a smooth function that is bounded from below, and its derivative."""
    amplitudes, frequencies, phases = np.array(parameters).T

    def phi(t):
        return float(np.sum(amplitudes * np.cos(frequencies * t + phases)) + 0.5 * bend * t**2)

    def slope(t):
        return float(
            -np.sum(amplitudes * frequencies * np.sin(frequencies * t + phases)) + bend * t
        )

    if slope(0.0) > 0.0:
        return (lambda t: phi(-t)), (lambda t: -slope(-t))
    return phi, slope


WAVES = st.lists(
    st.tuples(st.floats(0.1, 3.0), st.floats(0.1, 4.0), st.floats(0.0, 6.3)), min_size=1, max_size=3
)


@settings(max_examples=150, deadline=None)
@given(WAVES, st.floats(0.05, 2.0), st.sampled_from([0.1, 0.5, 0.9]), st.floats(0.01, 100.0))
def test_what_is_accepted_fulfils_both_conditions(parameters, bend, curvature, length):
    phi, slope = wave(parameters, bend)
    assume(slope(0.0) < -0.05)
    step = talweg.StrongWolfe(curvature=curvature)
    t, accepted, trials = search(step, phi, slope, length)
    assert accepted
    assert phi(t) <= phi(0.0) + 1e-3 * t * slope(0.0)
    assert abs(slope(t)) <= curvature * abs(slope(0.0))
    assert len(trials) <= 20


@settings(max_examples=50, deadline=None)
@given(WAVES, st.floats(0.05, 2.0), st.floats(0.01, 100.0))
def test_what_backtracking_accepts_fulfils_armijos_rule(parameters, bend, length):
    phi, slope = wave(parameters, bend)
    assume(slope(0.0) < -0.05)
    t, accepted, trials = search(talweg.Backtracking(sufficient_decrease=0.1), phi, slope, length)
    assert accepted
    assert phi(t) <= phi(0.0) + 0.1 * t * slope(0.0)
    ratios = np.array(trials[1:]) / np.array(trials[:-1])
    assert np.all((ratios >= 0.1 - 1e-12) & (ratios <= 0.5 + 1e-12))


@settings(max_examples=60, deadline=None)
@given(
    st.floats(1e-3, 1e3),
    st.floats(0.01, 100.0),
    st.sampled_from([np.nan, np.inf]),
    st.sampled_from([talweg.StrongWolfe(), talweg.StrongWolfe(curvature=0.1)]),
)
def test_steps_back_from_where_the_function_is_not_finite(edge, length, beyond, step):
    # A log barrier at `edge`, with its minimum two thirds of the way there.
    def phi(t):
        return -np.log(1.0 - t / edge) - 3.0 * t / edge if t < edge else beyond

    def slope(t):
        return (1.0 / (1.0 - t / edge) - 3.0) / edge if t < edge else beyond

    t, accepted, _ = search(step, phi, slope, length)
    assert accepted
    assert t < edge
    assert phi(t) <= phi(0.0) + 1e-3 * t * slope(0.0)
    assert abs(slope(t)) <= float(step.curvature) * abs(slope(0.0))


@pytest.mark.parametrize("step", [talweg.StrongWolfe(), talweg.Backtracking()])
def test_fails_where_no_step_lowers_the_value(step):
    t, accepted, trials = search(step, abs, lambda t: -1.0)
    assert not accepted
    assert len(trials) <= 61
    assert 0.0 < t < 1.0


def test_takes_long_steps_down_a_straight_slope():
    # A line has no step with a flatter slope: the search stretches, and then takes the lowest.
    t, accepted, trials = search(talweg.StrongWolfe(), lambda t: -t, lambda t: -1.0)
    assert accepted
    assert t >= max(trials) > 1e3


@pytest.mark.parametrize(
    ("phi", "slope"),
    [
        (lambda t: -t / (t**2 + 2.0), lambda t: (t**2 - 2.0) / (t**2 + 2.0) ** 2),
        (
            lambda t: (t + 0.004) ** 5 - 2.0 * (t + 0.004) ** 4,
            lambda t: 5.0 * (t + 0.004) ** 4 - 8.0 * (t + 0.004) ** 3,
        ),
    ],
    ids=["first", "second"],
)
@pytest.mark.parametrize("first", [1e-3, 1e-1, 1e1, 1e3])
def test_is_as_quick_on_more_and_thuentes_functions_as_their_table_says(phi, slope, first):
    step = talweg.StrongWolfe(sufficient_decrease=1e-3, curvature=0.1)
    t, accepted, trials = search(step, phi, slope, 1.0 / first)
    assert trials[0] == pytest.approx(first)
    assert accepted
    assert phi(t) <= phi(0.0) + 1e-3 * t * slope(0.0)
    assert abs(slope(t)) <= 0.1 * abs(slope(0.0))
    assert len(trials) <= 12  # the most in tables I and II of their article
