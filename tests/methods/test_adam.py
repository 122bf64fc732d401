"""Adam against optax's own loop and against the article's recursion."""

import itertools

import jax
import numpy as np
import optax
import pytest

import talweg

START = np.array([-1.2, 1.0, 0.5])
STEPS = 20


def valley(x):
    # Plain NumPy: evaluated in Python, and the compiled step is shared by all cases.
    return np.linalg.norm(x - np.array([1.0, -2.0, 0.25])) ** 2 + 0.5 * (x[1] - x[0] ** 2) ** 2


def gradient_by_hand(x):
    twist = x[1] - x[0] ** 2
    return 2.0 * (x - np.array([1.0, -2.0, 0.25])) + twist * np.array([-2.0 * x[0], 1.0, 0.0])


def rate(k):
    return 0.1 / (1.0 + 0.1 * k)


def path(step, **options):
    states = talweg.descend(
        valley, START, method="adam", step=step, max_iter=STEPS, tol=0.0, **options
    )
    return np.array([state.x for state in states])


def article(size, beta1=0.9, beta2=0.999, epsilon=1e-8, low=-np.inf, high=np.inf, held=None):
    """Return the iterates of algorithm 1 of Kingma and Ba."""
    x, m, v, points = START, 0.0, 0.0, [START]
    for t in range(1, STEPS + 1):
        g = gradient_by_hand(x)
        if held is not None:
            g = np.where(held, 0.0, g)
        m = beta1 * m + (1.0 - beta1) * g
        v = beta2 * v + (1.0 - beta2) * g**2
        corrected, spread = m / (1.0 - beta1**t), v / (1.0 - beta2**t)
        x = np.clip(x - size(t - 1) * corrected / (np.sqrt(spread) + epsilon), low, high)
        points.append(x)
    return np.array(points)


@pytest.mark.parametrize("step", [0.05, rate], ids=["constant", "schedule"])
def test_the_iterates_are_the_article_s(step):
    size = step if callable(step) else lambda _: step
    assert np.allclose(path(step), article(size), rtol=0.0, atol=1e-12)


@pytest.mark.parametrize(
    "options",
    [{"beta1": 0.0}, {"beta2": 0.5}, {"epsilon": 0.5}, {"beta1": 0.5, "beta2": 0.9}],
    ids=str,
)
def test_the_options_are_the_article_s(options):
    found = path(0.05, **options)
    assert np.allclose(found, article(lambda _: 0.05, **options), rtol=0.0, atol=1e-12)
    assert not np.allclose(found, path(0.05), rtol=0.0, atol=1e-4)


def test_the_iterates_are_those_of_optax_s_own_loop():
    transformation = optax.adam(0.05)
    with jax.enable_x64(True):
        x, points = START, [START]
        memory = transformation.init(x)
        for _ in range(STEPS):
            update, memory = transformation.update(gradient_by_hand(x), memory, x)
            x = np.asarray(optax.apply_updates(x, update))
            points.append(x)
    assert np.allclose(path(0.05), points, rtol=0.0, atol=1e-12)


def test_by_name_it_is_the_optax_transformation():
    states = talweg.descend(valley, START, method=optax.adam(0.05), max_iter=STEPS, tol=0.0)
    assert np.allclose(path(0.05), [state.x for state in states], rtol=0.0, atol=1e-12)


def test_the_step_is_a_thousandth_where_none_is_given():
    assert np.allclose(path(None), article(lambda _: 0.001), rtol=0.0, atol=1e-12)
    # The first step is as long as the step size along every coordinate, whatever the gradient.
    assert np.allclose(np.abs(path(None)[1] - START), 0.001, rtol=1e-6)


def test_in_a_box_every_step_is_projected():
    low, high = np.array([-1.5, 0.75, 0.0]), np.array([-0.75, 1.5, 0.4])
    start_inside = np.clip(START, low, high)
    states = talweg.descend(
        valley, START, method="adam", step=0.05, max_iter=STEPS, tol=0.0, bounds=(low, high)
    )
    found = np.array([state.x for state in states])
    assert np.array_equal(found[0], start_inside)
    assert np.all((found >= low) & (found <= high))
    assert found[-1, 0] == high[0]
    assert found[-1, 1] == low[1]


def test_in_a_box_that_is_not_reached_nothing_changes():
    found = path(0.05, bounds=(-10.0, 10.0))
    assert np.allclose(found, path(0.05), rtol=0.0, atol=1e-13)


def test_a_bound_in_the_way_of_one_coordinate_stops_that_one_only():
    held_back = path(0.05, bounds=(None, [-1.0, np.inf, np.inf]))
    expected = article(lambda _: 0.05, high=np.array([-1.0, np.inf, np.inf]))
    reached = int(np.argmax(held_back[:, 0] == -1.0))
    assert 0 < reached < STEPS
    assert np.allclose(held_back[: reached + 1], expected[: reached + 1], rtol=0.0, atol=1e-12)
    assert np.all(held_back[reached:, 0] == -1.0)
    assert np.allclose(held_back[:, 2], path(0.05)[:, 2], rtol=0.0, atol=1e-12)


def test_held_coordinates_stay_and_the_others_go_as_if_alone():
    held = np.array([True, False, False])
    found = path(0.05, fixed=held)
    assert np.allclose(found, article(lambda _: 0.05, held=held), rtol=0.0, atol=1e-12)
    assert np.all(found[:, 0] == START[0])


def test_with_a_search_every_step_goes_downhill():
    result = talweg.minimize(valley, START, method="adam", step="backtracking", max_iter=300)
    assert np.all(np.diff(result.trace.fun) < 0.0)
    assert np.abs(gradient_by_hand(result.x)).max() < 0.1


def test_the_best_point_is_returned_not_the_last():
    result = talweg.minimize(valley, START, method="adam", step=1.5, max_iter=STEPS)
    rises = [b > a for a, b in itertools.pairwise(result.trace.fun)]
    assert any(rises)
    assert result.fun == result.trace.fun.min()
    assert valley(result.x) == pytest.approx(result.fun)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"beta1": 1.0}, ValueError, "beta1 is 1.0: it must be a number from 0 to below 1"),
        ({"beta2": -0.1}, ValueError, "beta2"),
        ({"beta2": "0.9"}, ValueError, "beta2"),
        ({"epsilon": 0.0}, ValueError, "epsilon is 0.0: it must be a positive number"),
        ({"epsilon": np.inf}, ValueError, "epsilon"),
        ({"momentum": 0.9}, TypeError, "it takes beta1, beta2, epsilon"),
        ({"learning_rate": 0.1}, TypeError, "no option 'learning_rate'"),
    ],
    ids=str,
)
def test_options_that_can_not_be_are_refused(options, error, words):
    with pytest.raises(error, match=words):
        path(0.05, **options)
