"""Functions made at random, most of them nasty: whatever they do, the result is honest."""

from __future__ import annotations

import warnings

import jax.numpy as jnp
import numpy as np
import pytest
from tests.care.checks import SEARCHING, check_honest

import talweg

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # see test_numpy_warnings

ONE = ["log", "exp", "sqrt", "abs", "square", "sin", "tanh", "reciprocal", "cosh", "arctan"]
TWO = ["add", "subtract", "multiply", "divide", "maximum", "minimum"]
POWERS = [-2.0, -0.5, 0.5, 1.5, 3.0, 4.0, 8.0]
CONSTANTS = [-1e3, -2.0, -0.3, 0.5, 1.0, 3.0, 1e2, 1e8]


def grow(rng, depth, size):
    """Return a random expression: nested tuples of an operation's name and its operands."""
    kind = rng.choice(["one", "two", "power", "leaf"], p=[0.35, 0.4, 0.15, 0.1])
    if depth == 0 or kind == "leaf":
        if rng.random() < 0.75:
            return ("x", int(rng.integers(size)))
        return ("constant", float(rng.choice(CONSTANTS)))
    if kind == "one":
        return (str(rng.choice(ONE)), grow(rng, depth - 1, size))
    if kind == "power":
        return ("power", grow(rng, depth - 1, size), ("constant", float(rng.choice(POWERS))))
    return (str(rng.choice(TWO)), grow(rng, depth - 1, size), grow(rng, depth - 1, size))


def value(xp, expression, x):
    """Evaluate an expression."""
    name, *operands = expression
    if name == "x":
        return x[operands[0]]
    if name == "constant":
        return operands[0]
    return getattr(xp, name)(*(value(xp, operand, x) for operand in operands))


def make(seed):
    """Return an expression, and a start at which it and its gradient are finite."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 4))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        while True:
            expression = grow(rng, int(rng.integers(2, 6)), size)
            # Some are held together by a bowl, so that not all of them fall without end.
            if rng.random() < 0.5:
                bowl = ("square", ("x", int(rng.integers(size))))
                expression = ("add", expression, bowl)
            start = np.round(rng.normal(size=size) * 10.0 ** rng.integers(-2, 3), 6)
            if "'x'" not in str(expression) or not np.isfinite(value(np, expression, start)):
                continue
            slope = talweg.gradient(in_numpy(expression), start)
            if np.isfinite(slope).all() and np.any(slope != 0.0):
                return expression, start


def in_numpy(expression):
    return lambda x: value(np, expression, x) * np.exp(0.0)


def check(result, fun, start, lower, upper, rel=1e-9):
    check_honest(result, fun, np.clip(start, lower, upper), rel)
    assert np.all((result.x >= lower) & (result.x <= upper))
    x = np.asarray(result.x)
    norm = np.abs(x - np.clip(x - result.jac, lower, upper)).max()
    if result.success:
        precise = "working precision" in result.message
        greatest = result.trace.gradient_norm.max()
        assert norm <= (np.sqrt(np.finfo(float).eps) * greatest if precise else 1e-6)
    else:
        assert "converged" not in result.message
    assert result.status != talweg.Status.RUNNING


@pytest.mark.parametrize("seed", [*range(36), 1271, 1859, 1901])
def test_a_random_numpy_function(seed):
    expression, start = make(seed)
    method = SEARCHING[seed % len(SEARCHING)]
    bounded = seed % 3 == 0
    lower, upper = (start - 1.0, start + 2.0) if bounded else (-np.inf, np.inf)
    fun = in_numpy(expression)
    result = talweg.minimize(fun, start, method=method, bounds=(lower, upper), max_iter=60)
    check(result, fun, start, lower, upper)


@pytest.mark.parametrize("seed", range(200, 206))  # each is compiled, which takes its time
def test_a_random_jax_function(seed):
    expression, start = make(seed)
    result = talweg.minimize(lambda x: value(jnp, expression, x), start, max_iter=60)
    # Compiled code may round differently, and these functions make much of a rounding.
    check(result, in_numpy(expression), start, -np.inf, np.inf, rel=1e-6)
