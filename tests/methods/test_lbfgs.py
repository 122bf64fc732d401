"""L-BFGS: its direction against the dense matrix that the same pairs imply."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import talweg
from talweg.methods import LBFGS

SIZE, MEMORY = 6, 4


def inverse_hessian(pairs, size=SIZE):
    """Apply the BFGS update of the inverse Hessian to the dense starting matrix, pair by pair."""
    if not pairs:
        return np.eye(size)
    s, y = pairs[-1]
    h = (s @ y) / (y @ y) * np.eye(size)
    for s, y in pairs:
        rho = 1.0 / (s @ y)
        left = np.eye(size) - rho * np.outer(s, y)
        h = left @ h @ left.T + rho * np.outer(s, s)
    return h


@jax.jit
def remember_all(steps, changes, gradient, free):
    """Remember the pairs in turn; the last of them ends at the gradient."""
    rule = LBFGS(memory=MEMORY)
    memory = rule.start(np.zeros(SIZE), free is not None)
    memory = jax.tree_util.tree_map(jnp.asarray, memory)
    before = gradient - changes.sum(axis=0)
    for s, y in zip(steps, changes, strict=True):
        before = before + y
        inside = before if free is None else jnp.where(free, before, 0.0)
        memory = rule.remember(memory, s, y, inside, free, jnp.ones((), bool))
    return memory


@jax.jit
def direction(memory, gradient, free):
    return LBFGS(memory=MEMORY).direction(memory, gradient, free)


def random_pairs(seed, count):
    """Return pairs of a random quadratic: their curvature is positive."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(SIZE, SIZE))
    hessian = root @ root.T + 0.1 * np.eye(SIZE)
    steps = rng.normal(size=(count, SIZE))
    return steps, steps @ hessian, rng.normal(size=SIZE)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_direction_is_that_of_the_dense_matrix_of_the_last_pairs(seed):
    steps, changes, gradient = random_pairs(seed, 7)
    with jax.enable_x64(True):
        found = np.asarray(direction(remember_all(steps, changes, gradient, None), gradient, None))
    h = inverse_hessian(list(zip(steps, changes, strict=True))[-MEMORY:])
    expected = -h @ gradient
    assert np.abs(found - expected).max() <= 1e-9 * np.abs(expected).max()


def test_direction_without_pairs_is_the_steepest():
    gradient = np.arange(1.0, SIZE + 1.0)
    with jax.enable_x64(True):
        rule = LBFGS(memory=MEMORY)
        memory = rule.start(np.zeros(SIZE), False)
        assert bool(rule.empty(memory))
        assert np.array_equal(np.asarray(direction(memory, gradient, None)), -gradient)


def test_pairs_that_are_turned_down_change_nothing():
    steps, changes, gradient = random_pairs(1, 3)
    flipped = changes.copy()
    flipped[1] *= -1.0  # negative curvature
    with jax.enable_x64(True):
        found = np.asarray(direction(remember_all(steps, flipped, gradient, None), gradient, None))
    h = inverse_hessian([(steps[0], changes[0]), (steps[2], changes[2])])
    assert np.allclose(found, -h @ gradient, rtol=1e-9)


def test_forgetting_brings_the_steepest_direction_back():
    steps, changes, gradient = random_pairs(2, 3)
    with jax.enable_x64(True):
        rule = LBFGS(memory=MEMORY)
        memory = rule.forget(
            remember_all(steps, changes, gradient, None), jnp.ones((), bool), gradient
        )
        assert bool(rule.empty(memory))
        assert np.array_equal(np.asarray(direction(memory, gradient, None)), -gradient)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_direction_in_a_box_is_that_of_the_free_coordinates_pairs(seed):
    steps, changes, gradient = random_pairs(seed, 3)
    free = np.array([True, False, True, True, False, True])
    gradient = np.where(free, gradient, 0.0)
    with jax.enable_x64(True):
        found = np.asarray(direction(remember_all(steps, changes, gradient, free), gradient, free))
    pairs = [
        (s[free], y[free])
        for s, y in zip(steps, changes, strict=True)
        if s[free] @ y[free] > np.finfo(float).eps * (y[free] @ y[free])
    ]
    expected = -inverse_hessian(pairs, free.sum()) @ gradient[free]
    assert np.abs(found[free] - expected).max() <= 1e-9 * np.abs(expected).max()


def test_direction_on_a_new_face_is_that_of_its_pairs():
    steps, changes, gradient = random_pairs(4, 4)
    first, then = np.arange(SIZE) != 1, np.arange(SIZE) != 2
    with jax.enable_x64(True):
        rule = LBFGS(memory=MEMORY)
        inside = np.where(first, gradient - changes[-1], 0.0)
        memory = remember_all(steps[:-1], changes[:-1], inside, first)
        inside = np.where(then, gradient, 0.0)
        memory = rule.remember(memory, steps[-1], changes[-1], inside, then, np.True_)
        found = np.asarray(direction(memory, inside, then))
    pairs = [(s[then], y[then]) for s, y in zip(steps, changes, strict=True)][-MEMORY:]
    assert all(s @ y > 0.0 for s, y in pairs)
    expected = -inverse_hessian(pairs, SIZE - 1) @ gradient[then]
    assert np.abs(found[then] - expected).max() <= 1e-9 * np.abs(expected).max()


def steep_valley(x):
    return jnp.sum((np.array([1.0, 3.0, 10.0, 30.0, 100.0, 300.0]) * (x - 1.0)) ** 2)


def test_more_memory_takes_fewer_evaluations():
    few, many = (talweg.minimize(steep_valley, np.zeros(SIZE), memory=memory) for memory in (1, 10))
    assert few.success
    assert many.success
    assert many.nfev < 0.7 * few.nfev


@pytest.mark.parametrize("memory", [0, -1, 2.0, True, "5"])
def test_memory_must_be_a_positive_whole_number(memory):
    with pytest.raises(ValueError, match=r"memory is .*whole number of at least 1"):
        talweg.minimize(steep_valley, np.zeros(SIZE), memory=memory)
