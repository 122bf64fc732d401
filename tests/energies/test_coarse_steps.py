"""The preconditioner against its formula in dense matrices."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talweg.compilation import compile_for
from talweg.energies.coarse_steps import CoarseSteps

CALL = compile_for(1, lambda steps, gradient, step: steps(gradient, step))
SHAPES = [(4, 6), (5, 3), (7, 2), (1, 1)]
SHARES = np.array([[0.7, 2.5], [0.0, 3.0], [1.5, 0.0]])


def mobility(shape):
    """Between 0 and 1, and zero for every third pixel."""
    free = np.random.default_rng(0).uniform(0.1, 1.0, shape)
    free.flat[1::3] = 0.0
    return free


def averaging(shape):
    """Return the matrix that averages blocks of 2 x 2, and the shape of what it makes."""
    height, width = shape
    half = (height + 1) // 2, (width + 1) // 2
    matrix = np.zeros((half[0] * half[1], height * width))
    for i, j in np.ndindex(*shape):
        matrix[i // 2 * half[1] + j // 2, i * width + j] = 0.25
    return matrix, half


def by_formula(shape, shares, free):
    first, half = averaging(shape)
    second, _ = averaging(half)
    coarse = 4.0 * first.T @ (np.eye(len(first)) + shares[1] * 4.0 * second.T @ second) @ first
    moving = np.diag(free.ravel())
    return moving + shares[0] * moving @ coarse @ moving


def matrix_of(steps, step):
    size = steps.shape[0] * steps.shape[1]
    with jax.enable_x64(True):
        return np.array(compile_for(1, jax.vmap(lambda one: steps(one, step)))(np.eye(size))).T


@pytest.mark.parametrize(
    ("shape", "step"), [*((shape, 0) for shape in SHAPES), (SHAPES[1], 1), (SHAPES[1], 2)], ids=str
)
def test_it_is_its_formula(shape, step):
    free = mobility(shape)
    found = matrix_of(CoarseSteps(shape, SHARES, free), step)
    assert np.allclose(found, by_formula(shape, SHARES[step], free), rtol=0.0, atol=1e-15)


@pytest.mark.parametrize("shape", SHAPES[:2], ids=str)
def test_it_is_symmetric_and_leads_uphill_wherever_pixels_move(shape):
    free = mobility(shape)
    matrix = matrix_of(CoarseSteps(shape, SHARES, free), 0)
    assert np.allclose(matrix, matrix.T, rtol=0.0, atol=1e-15)
    moving = free.ravel() > 0.0
    assert not matrix[~moving].any()
    assert not matrix[:, ~moving].any()
    lowest = np.linalg.eigvalsh(matrix[np.ix_(moving, moving)])[0]
    assert lowest >= free[free > 0.0].min() * (1.0 - 1e-12)


@given(st.floats(0.0, 4.0), st.floats(0.0, 4.0))
@settings(max_examples=20, deadline=None)
def test_a_constant_gradient_goes_further_by_both_shares(first, second):
    # On a picture of whole blocks of 4 x 4, averages of a constant are the constant.
    steps = CoarseSteps((8, 4), np.array([[first, second]]), np.ones((8, 4)))
    with jax.enable_x64(True):
        further = np.asarray(CALL(steps, np.full(32, 2.0), 0))
    assert np.allclose(further, 2.0 * (1.0 + first + first * second), rtol=1e-14)


def test_single_precision_stays_so():
    steps = CoarseSteps((5, 3), SHARES.astype(np.float32), mobility((5, 3)).astype(np.float32))
    with jax.enable_x64(True):
        assert CALL(steps, np.ones(15, np.float32), 1).dtype == np.float32
