"""The methods with given step sizes, iterate by iterate, against their textbook recursions."""

import autograd
import autograd.numpy
import numpy as np
import optax
import pytest

import talweg

START = np.array([-1.2, 1.0, 0.5])
STEPS = 12


def valley(x):
    # Plain NumPy: evaluated in Python, and the compiled step is shared by every method's cases.
    return np.linalg.norm(x - np.array([1.0, -2.0, 0.5])) ** 2 + 0.5 * (x[1] - x[0] ** 2) ** 2


def gradient_by_hand(x):
    twist = x[1] - x[0] ** 2
    return 2.0 * (x - np.array([1.0, -2.0, 0.5])) + twist * np.array([-2.0 * x[0], 1.0, 0.0])


def rate(k):
    return 0.05 / (1.0 + 0.1 * k)


def path(method, step=None, **options):
    states = talweg.descend(
        valley, START, method=method, step=step, max_iter=STEPS, tol=0.0, **options
    )
    return np.array([state.x for state in states])


def recursion(update):
    """Return the iterates of ``x, memory = update(k, x, memory)``."""
    x, memory, points = START, None, [START]
    for k in range(STEPS):
        x, memory = update(k, x, memory)
        points.append(x)
    return np.array(points)


def test_the_gradient_by_hand_is_right():
    assert np.allclose(talweg.gradient(valley, START), gradient_by_hand(START), atol=1e-13)


@pytest.mark.parametrize("step", [0.05, rate], ids=["constant", "schedule"])
def test_gradient(step):
    size = step if callable(step) else lambda _: step
    expected = recursion(lambda k, x, _: (x - size(k) * gradient_by_hand(x), None))
    assert np.allclose(path("gradient", step), expected, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("step", [0.05, rate], ids=["constant", "schedule"])
def test_sign(step):
    size = step if callable(step) else lambda _: step
    expected = recursion(lambda k, x, _: (x - size(k) * np.sign(gradient_by_hand(x)), None))
    assert np.allclose(path("sign", step), expected, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_momentum_is_polyaks_heavy_ball(beta):
    def heavy_ball(k, x, before):
        drift = 0.0 if before is None else beta * (x - before)
        return x - 0.05 * gradient_by_hand(x) + drift, x

    found = path("momentum", 0.05, momentum=beta)
    assert np.allclose(found, recursion(heavy_ball), rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_nesterov_goes_through_the_points_where_nesterov_takes_gradients(beta):
    def two_sequences(k, y, x):
        x = y if x is None else x  # the method starts with x_0 = y_0
        following = y - 0.05 * gradient_by_hand(y)
        return following + beta * (following - x), following

    found = path("nesterov", 0.05, momentum=beta)
    assert np.allclose(found, recursion(two_sequences), rtol=0.0, atol=1e-12)


def test_momentum_takes_its_default_of_nine_tenths():
    assert np.array_equal(path("momentum", 0.05), path("momentum", 0.05, momentum=0.9))
    assert not np.array_equal(path("momentum", 0.05), path("momentum", 0.05, momentum=0.8))


@pytest.mark.parametrize(
    ("transformation", "method"),
    [
        (optax.sgd(0.05), "gradient"),
        (optax.sgd(0.05, momentum=0.9), "momentum"),
        (optax.sgd(0.05, momentum=0.9, nesterov=True), "nesterov"),
    ],
    ids=["sgd", "momentum", "nesterov"],
)
def test_optax_goes_the_same_way(transformation, method):
    assert np.allclose(path(transformation), path(method, 0.05), rtol=0.0, atol=1e-12)


def test_optax_follows_its_schedule():
    assert np.allclose(path(optax.sgd(rate)), path("gradient", rate), rtol=0.0, atol=1e-8)


def test_a_projected_step_is_the_step_clipped():
    low, high = np.array([-1.5, -0.5, 0.5]), np.array([0.2, 1.5, 2.0])

    def projected(k, x, _):
        return np.clip(x - 0.05 * gradient_by_hand(x), low, high), None

    found = path("gradient", 0.05, bounds=(low, high))
    expected = recursion(projected)
    assert np.allclose(found, expected[: len(found)], rtol=0.0, atol=1e-12)
    # Two coordinates rest on their bounds; where the third does too, the descent is over.
    assert np.all((found[-1] == high) | (found[-1] == low))
    assert np.all(expected[len(found) - 1 :] == found[-1])


def test_autograd_and_talweg_take_the_same_way():
    def valley_in_autograd(x):
        anp = autograd.numpy
        distance = anp.linalg.norm(x - anp.array([1.0, -2.0, 0.5]))
        return distance**2 + 0.5 * (x[1] - x[0] ** 2) ** 2

    slope = autograd.grad(valley_in_autograd)
    expected = recursion(lambda k, x, _: (x - 0.05 * slope(x), None))
    states = talweg.descend(
        valley_in_autograd, START, method="gradient", step=0.05, max_iter=STEPS, tol=0.0
    )
    assert np.allclose([state.x for state in states], expected, rtol=0.0, atol=1e-12)
