"""Functions that overflow or are undefined on the way: stepped back from, and the minimum found.

Every minimum is known in closed form. All functions are of two numbers, so that the compiled
parts of a method serve all of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.care.checks import SEARCHING, check_honest, in_turn, named_case

import talweg

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # see test_numpy_warnings


@dataclasses.dataclass(frozen=True)
class Problem:
    """A function, written for a namespace, with its one minimum."""

    fun: Callable[[Any, Any], Any]
    start: tuple[float, float]
    argmin: tuple[float, float]
    minimum: float
    atol: float = 1e-5  # of the argmin, at a gradient of 1e-6

    @property
    def name(self) -> str:
        return self.fun.__name__


def line_to_the_wall(xp, x):
    return -xp.log(x[0]) + 3.0 * x[0] + (x[1] - 1.0) ** 2


def half_discs(xp, x):
    return xp.sum(3.0 * x - xp.sqrt(1.0 - x**2))


def entropy(xp, x):
    return xp.sum(x * xp.log(x))


def tilted_entropy(xp, x):
    return xp.sum(x * xp.log(x)) + x[0] - 3.0 * x[1]


def quadrant(xp, x):
    return x[0] + 2.0 * x[1] - 0.01 * xp.sum(xp.log(x))


def strip(xp, x):
    return xp.sum(x) - 0.01 * xp.sum(xp.log(x) + xp.log(1.0 - x))


def disc(xp, x):
    return 3.0 * x[0] + 4.0 * x[1] - xp.log(1.0 - xp.sum(x**2))


def corner(xp, x):
    return xp.sum(x - xp.log(x))


def infinitely_steep_edge(xp, x):
    return xp.sum(x - xp.sqrt(x))


def power_of_itself(xp, x):
    return xp.sum(x**x) if xp is jnp else xp.sum(xp.exp(x * xp.log(x)))


def squared_logarithm(xp, x):
    return xp.sum(xp.log(x) ** 2)


def wall_after_a_plain(xp, x):
    return xp.sum(xp.exp(x) - x)


def steep_bowl(xp, x):
    return xp.sum(xp.exp(x**2))


def chains(xp, x):
    return xp.sum(xp.cosh(x))


def naive_softplus(xp, x):
    return xp.sum(xp.log(xp.exp(x) + xp.exp(-x)))


def high_power(xp, x):
    return xp.sum(xp.power(x, 20))


E = float(np.e)
DISC = (np.sqrt(26.0) - 1.0) / 5.0  # the radius r with 2 r / (1 - r^2) = |(3, 4)|
STRIP = (1.02 - np.sqrt(1.0 + 4e-4)) / 2.0  # the root of x (1 - x) = 0.01 (1 - 2 x) in (0, 1)

PROBLEMS = [
    Problem(line_to_the_wall, (20.0, 20.0), (1.0 / 3.0, 1.0), 1.0 + np.log(3.0)),
    Problem(half_discs, (0.9, 0.0), (-3.0 / 10.0**0.5,) * 2, -2.0 * 10.0**0.5),
    Problem(entropy, (5.0, 30.0), (1.0 / E,) * 2, -2.0 / E),
    Problem(entropy, (1e-9, 2e-9), (1.0 / E,) * 2, -2.0 / E),
    Problem(entropy, (1e3, 2e3), (1.0 / E,) * 2, -2.0 / E),
    Problem(tilted_entropy, (5.0, 0.1), (E**-2.0, E**2.0), -(E**-2.0) - E**2.0),
    Problem(quadrant, (3.0, 9.0), (0.01, 0.005), 0.02 - 0.01 * np.log(5e-5)),
    Problem(strip, (0.99, 0.5), (STRIP,) * 2,
            2.0 * STRIP - 0.02 * np.log(STRIP * (1.0 - STRIP))),
    Problem(disc, (0.5, 0.5), (-0.6 * DISC, -0.8 * DISC), -5.0 * DISC - np.log(1.0 - DISC**2)),
    Problem(corner, (1e-12, 1e3), (1.0, 1.0), 2.0),
    Problem(infinitely_steep_edge, (9.0, 1e-6), (0.25, 0.25), -0.5),
    Problem(power_of_itself, (3.0, 0.01), (1.0 / E,) * 2, 2.0 * np.exp(-1.0 / E)),
    Problem(squared_logarithm, (2.0, 0.1), (1.0, 1.0), 0.0),
    Problem(wall_after_a_plain, (-2e3, 2.0), (0.0, 0.0), 2.0),
    Problem(steep_bowl, (3.0, -5.0), (0.0, 0.0), 2.0),
    Problem(steep_bowl, (0.0, 3.0), (0.0, 0.0), 2.0),
    Problem(chains, (20.0, -30.0), (0.0, 0.0), 2.0),
    Problem(chains, (30.0, 1.0), (0.0, 0.0), 2.0),
    Problem(naive_softplus, (600.0, -500.0), (0.0, 0.0), 2.0 * np.log(2.0)),
    Problem(high_power, (2.0, -10.0), (0.0, 0.0), 0.0, atol=0.45),  # 20 x^19 = 1e-6 at 0.41
]  # fmt: skip
IDS = [f"{problem.name} from {problem.start}" for problem in PROBLEMS]


def in_numpy(problem):
    return lambda x: problem.fun(np, x)


BRANCHES = [lambda x, fun=fun: fun(jnp, x) for fun in dict.fromkeys(p.fun for p in PROBLEMS)]
PLACES = {fun: i for i, fun in enumerate(dict.fromkeys(p.fun for p in PROBLEMS))}


def any_in_jax(x, which):
    """Evaluate one of the functions: one program for all of them is compiled once."""
    return jax.lax.switch(which, BRANCHES, x)


def check(problem, result):
    check_honest(result, in_numpy(problem), problem.start)
    assert result.success, result.message
    assert "converged" in result.message
    assert np.allclose(result.x, problem.argmin, rtol=0.0, atol=problem.atol)
    # Smooth and convex around it: the value is off by about the gradient times the distance.
    assert result.fun == pytest.approx(problem.minimum, rel=1e-9, abs=1e-7)


@pytest.mark.parametrize(
    ("problem", "method"),
    [(PROBLEMS[IDS.index(name)], method) for name, method in in_turn(IDS)],
    ids=[f"{name}-{method}" for name, method in in_turn(IDS)],
)
def test_the_minimum_is_found_of_a_numpy_function(problem, method):
    check(problem, talweg.minimize(in_numpy(problem), problem.start, method=method))


@pytest.mark.parametrize("problem", PROBLEMS, ids=IDS)
def test_the_minimum_is_found_of_a_jax_function(problem):
    which = np.int32(PLACES[problem.fun])
    check(problem, talweg.minimize(any_in_jax, problem.start, which))


@pytest.mark.parametrize("method", SEARCHING)
def test_the_wall_is_stepped_back_from_in_jax_too(method):
    problem = PROBLEMS[0]
    check(problem, talweg.minimize(any_in_jax, problem.start, np.int32(0), method=method))


@pytest.mark.parametrize("step", ["backtracking", "strong_wolfe"])
def test_with_either_search(step):
    problem = PROBLEMS[0]
    for method in ("gradient", "lbfgs"):
        check(problem, talweg.minimize(in_numpy(problem), problem.start, method=method, step=step))


# Starts outside the domain


def norm(xp, x):
    return xp.linalg.norm(x)


def root_of_the_second(xp, x):
    return x[0] ** 2 + xp.sqrt(x[1])


def logarithm(xp, x):
    return xp.sum(xp.log(x))


def exponential(xp, x):
    return xp.sum(xp.exp(x))


@pytest.mark.parametrize("xp", [np, jnp], ids=["numpy", "jax"])
@pytest.mark.parametrize(
    ("fun", "start", "words"),
    [
        (logarithm, (-1.0, 2.0), "the objective is nan at x0"),
        (logarithm, (2.0, 0.0), "the objective is -inf at x0"),
        (half_discs, (0.5, 1.5), "the objective is nan at x0"),
        (exponential, (1.0, 800.0), "the objective is inf at x0"),
        (norm, (0.0, 0.0), r"the gradient is nan at x0\[0\]"),
        (root_of_the_second, (1.0, 0.0), r"the gradient is inf at x0\[1\]"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_start_outside_the_domain_is_refused_with_what_and_where(xp, fun, start, words):
    for method in ("lbfgs", "gradient"):
        with pytest.raises(ValueError, match=words) as caught:
            talweg.minimize(lambda x: fun(xp, x), start, method=method)
        assert "start where" in str(caught.value)  # what to do about it


def test_a_start_that_was_moved_out_of_the_domain_is_refused_with_both_reasons():
    with pytest.raises(ValueError, match="the objective is -inf at x0") as caught:
        talweg.minimize(lambda x: np.sum(np.log(x)), [-1.0, 2.0], bounds=(0.0, None))
    assert "moved" in str(caught.value)


# No minimum inside: the lowest values are at the edge, and nothing is defined beyond


def ramp_to_the_edge(xp, x):
    return xp.where(x[0] < 0.0, xp.nan, x[0]) + x[1] ** 2


def root(xp, x):
    return xp.sqrt(x[0]) + x[1] ** 2


def gentle_edge(xp, x):
    return (1.0 + x[0]) ** 1.5 + 0.0 * xp.log(x[0]) + x[1] ** 2


EDGES = [ramp_to_the_edge, root, gentle_edge]
INFIMA = {ramp_to_the_edge: 0.0, root: 0.0, gentle_edge: 1.0}


@pytest.mark.parametrize(("fun", "method"), in_turn(EDGES), ids=named_case)
def test_at_the_edge_of_the_domain_it_ends_and_says_so(fun, method):
    # Most of them halve their way to the edge a thousand times.
    start = (2.0, 0.0)
    result = talweg.minimize(lambda x: fun(np, x), start, method=method, max_iter=2000)
    check_honest(result, lambda x: fun(np, x), start)
    assert not result.success
    assert result.x[0] >= 0.0
    assert "not finite" in result.message
    assert "best finite point" in result.message
    assert result.fun - INFIMA[fun] < 1e-2


def any_edge_in_jax(x, which):
    return jax.lax.switch(which, [lambda x, fun=fun: fun(jnp, x) for fun in EDGES], x)


@pytest.mark.parametrize("fun", EDGES, ids=lambda fun: fun.__name__)
def test_at_the_edge_it_ends_in_jax_too(fun):
    start, which = (2.0, 0.0), np.int32(EDGES.index(fun))
    result = talweg.minimize(any_edge_in_jax, start, which, max_iter=2000)
    check_honest(result, lambda x: fun(np, x), start)
    assert not result.success
    assert "not finite" in result.message
    assert result.fun - INFIMA[fun] < 1e-2
