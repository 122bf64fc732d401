"""Heavy ball with given steps, against the recursion in NumPy."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import talweg
from talweg.energies.coarse_steps import CoarseSteps
from talweg.methods.learned_steps import LearnedSteps
from talweg.pytrees import tree_dataclass
from talweg.state import Status

START = np.array([4.0, -1.0, 2.0, 0.5])
CURVATURES = np.array([1.0, 2.0, 4.0, 0.5])
CENTRE = np.array([1.0, 0.5, -1.0, 0.0])
SIZES = np.array([0.3, 0.4, 0.1, 0.5])
MOMENTA = np.array([0.9, 0.2, 0.0, 0.3])


def bowl(x):
    return np.sum(CURVATURES * (x - CENTRE) ** 2) / 2.0


def slope(x):
    return CURVATURES * (x - CENTRE)


@tree_dataclass
class Further:
    """Multiplies by a matrix, and by how manieth the step is."""

    matrix: Any

    def __call__(self, gradient, step):
        return (1.0 + step) * (self.matrix @ gradient)


MATRIX = np.diag([1.0, 0.5, 0.25, 2.0]) + 0.1
METHODS = {
    "plain": LearnedSteps(SIZES, MOMENTA),
    "preconditioned": LearnedSteps(SIZES / 2.0, MOMENTA, Further(MATRIX)),
}


def recursion(method, start=START, low=-np.inf, high=np.inf, held=False):
    """Return all iterates."""
    x, velocity, points = start, np.zeros_like(start), [start]
    for k, (size, momentum) in enumerate(zip(method.sizes, method.momenta, strict=True)):
        uphill = np.where(held, 0.0, slope(x))
        uphill = uphill if method.preconditioner is None else (k + 1) * MATRIX @ uphill
        velocity = momentum * velocity - size * np.where(held, 0.0, uphill)
        x = np.clip(x + velocity, low, high)
        points.append(x)
    return np.array(points)


def iterates(method, fun=bowl, start=START, **options):
    return np.array([state.x for state in talweg.descend(fun, start, method=method, **options)])


@pytest.mark.parametrize("name", METHODS)
def test_it_is_heavy_ball(name):
    expected = recursion(METHODS[name])
    found = iterates(METHODS[name])
    assert found.shape == (5, 4)
    assert np.allclose(found, expected, rtol=0.0, atol=1e-13)


def test_the_box_and_what_is_held_are_respected():
    method = METHODS["preconditioned"]
    held = np.array([False, False, False, True])
    low, high = np.array([2.3, -2.0, -0.5, -1.0]), np.array([5.0, -0.2, 3.0, 0.6])
    expected = recursion(method, low=low, high=high, held=held)
    assert (expected == low).any()
    assert (expected == high).any()
    states = list(
        talweg.descend(bowl, START, method=method, bounds=(low, high), fixed=held, tol=0.0)
    )
    found = np.array([state.x for state in states])
    # What is held is put back into every state: the lengths of the steps tell whether it moved.
    moved = np.sqrt(np.sum(np.diff(expected, axis=0) ** 2, axis=1))
    lengths = np.array([state.step for state in states[1:]])
    assert np.allclose(lengths / lengths[0], moved / moved[0], rtol=1e-12)
    assert np.array_equal(found[:, 3], np.full(5, START[3]))
    assert np.allclose(found, expected, rtol=0.0, atol=1e-13)


def test_after_the_last_step_it_is_done():
    result = talweg.minimize(bowl, START, method=METHODS["plain"])
    assert result.status == Status.COMPLETED
    assert result.success
    assert (result.nit, result.nfev) == (4, 5)
    norm = np.abs(slope(recursion(METHODS["plain"])[-1])).max()
    assert result.message == (
        f"done: the method's own steps are all taken; the projected gradient is {norm:.3g}"
    )


def test_the_tolerance_ends_it_earlier():
    result = talweg.minimize(bowl, CENTRE, method=METHODS["plain"])
    assert (result.status, result.nit) == (Status.CONVERGED, 0)


def test_fewer_iterations_than_steps_end_it_on_the_way():
    result = talweg.minimize(bowl, START, method=METHODS["plain"], max_iter=2)
    assert (result.status, result.nit, result.success) == (Status.MAX_ITERATIONS, 2, False)
    assert np.allclose(result.x, recursion(METHODS["plain"])[2], rtol=0.0, atol=1e-13)


def test_it_goes_uphill_as_it_is_told():
    method = LearnedSteps(8.0 * SIZES, MOMENTA)
    result = talweg.minimize(bowl, START, method=method)
    expected = np.array([bowl(x) for x in recursion(method)])
    assert (np.diff(expected) > 0.0).any()
    assert np.allclose(result.trace.fun, expected, rtol=1e-12)
    assert result.status == Status.COMPLETED


def test_a_value_that_is_not_finite_ends_it_at_the_iterate_before():
    def logarithm(x):
        return -jnp.sum(jnp.log(x)) + jnp.sum(x**2)

    # 1 -> 1 - 0.2 (2 - 1) -> 0.8 - 5 (1.6 - 1.25), where there is no logarithm.
    method = LearnedSteps([0.2, 5.0, 0.1, 0.1], np.zeros(4))
    result = talweg.minimize(logarithm, np.ones(4), method=method)
    assert result.status == Status.NOT_FINITE
    assert not result.success
    assert np.allclose(result.x, 0.8, rtol=0.0, atol=1e-15)
    assert result.fun == pytest.approx(4 * (0.64 - np.log(0.8)))
    *_, last = talweg.descend(logarithm, np.ones(4), method=method)
    assert last.status is Status.NOT_FINITE
    assert np.array_equal(last.x, result.x)


def test_in_single_precision():
    result = talweg.minimize(bowl, START.astype(np.float32), method=METHODS["preconditioned"])
    assert result.x.dtype == np.float32
    assert np.allclose(result.x, recursion(METHODS["preconditioned"])[-1], rtol=0.0, atol=1e-5)


@pytest.mark.parametrize("stop_at", [0, 1, 3])
@pytest.mark.parametrize("name", METHODS)
def test_going_on_gives_the_same_bits(name, stop_at):
    whole = talweg.minimize(bowl, START, method=METHODS[name])
    part = talweg.minimize(bowl, START, method=METHODS[name], max_iter=stop_at)
    assert part.nit == stop_at
    rest = talweg.minimize(bowl, START, method=METHODS[name], resume=part)
    assert rest.x.tobytes() == whole.x.tobytes()
    assert rest.trace.fun.tobytes() == whole.trace.fun.tobytes()
    assert (rest.status, rest.nit, rest.nfev) == (whole.status, whole.nit, whole.nfev)
    again = talweg.minimize(bowl, START, method=METHODS[name], resume=whole)
    assert again.x.tobytes() == whole.x.tobytes()
    assert (again.status, again.nit) == (Status.COMPLETED, 4)


def test_other_steps_do_not_go_on_from_there():
    part = talweg.minimize(bowl, START, method=METHODS["plain"], max_iter=2)
    other = LearnedSteps(SIZES * 2.0, MOMENTA)
    with pytest.raises(ValueError, match="resume: the earlier descent was one by LearnedSteps"):
        talweg.minimize(bowl, START, method=other, resume=part)


NAN, INF = np.nan, np.inf


@pytest.mark.parametrize(
    ("sizes", "momenta", "error", "words"),
    [
        ([0.1, 0.2], [0.5], ValueError, "there are 2 step sizes and 1 momenta"),
        ([], [], ValueError, r"sizes has the shape \(0,\); give one number for every step"),
        ([[0.1]], [0.5], ValueError, r"sizes has the shape \(1, 1\)"),
        (np.array(0.1), [0.5], ValueError, r"sizes has the shape \(\)"),
        ([0.1, -0.2], [0.5, 0.5], ValueError, r"sizes\[1\] is -0.2: .* finite and not negative"),
        ([NAN, 0.2], [0.5, 0.5], ValueError, r"sizes\[0\] is nan"),
        ([0.1, INF], [0.5, 0.5], ValueError, r"sizes\[1\] is inf"),
        ([0.1, 0.2], [0.5, NAN], ValueError, r"momenta\[1\] is nan: .* from 0 to 1"),
        ([0.1, 0.2], [1.5, 0.5], ValueError, r"momenta\[0\] is 1.5"),
        ([0.1, 0.2], [0.5, -0.5], ValueError, r"momenta\[1\] is -0.5"),
        (["a"], [0.5], TypeError, "sizes must hold real numbers, not <U1"),
        ([0.1], [1j], TypeError, "momenta must hold real numbers, not complex128"),
    ],
)  # fmt: skip
def test_steps_that_cannot_be_taken_are_refused(sizes, momenta, error, words):
    with pytest.raises(error, match=words) as caught:
        LearnedSteps(sizes, momenta)
    assert "\n" not in str(caught.value)


def test_numbers_in_place_of_rows_are_refused():
    with pytest.raises(TypeError, match="must be arrays of one number for every step"):
        talweg.minimize(bowl, START, method=LearnedSteps(0.1, 0.5))


def test_a_mere_function_is_no_preconditioner():
    with pytest.raises(TypeError, match="tree_dataclass, not a function"):
        LearnedSteps(SIZES, MOMENTA, lambda gradient, step: gradient)


def test_jax_takes_it_apart_and_together_again():
    method = LearnedSteps(SIZES, MOMENTA, CoarseSteps((2, 2), np.ones((4, 2)), np.ones((2, 2))))
    leaves, tree = jax.tree.flatten(method)
    assert len(leaves) == 4
    for others in ([None] * 4, [object()] * 4, list(range(4)), [True] * 4):
        jax.tree.unflatten(tree, others)
    sizes = jax.jit(lambda method: dataclasses.replace(method, sizes=method.sizes * 2).sizes)
    assert np.allclose(sizes(method), 2.0 * SIZES)
