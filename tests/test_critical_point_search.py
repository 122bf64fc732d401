"""Every critical point that is known to be in a box is found there, and nothing else."""

import os

import jax.numpy as jnp
import numpy as np
import pytest

import talweg
from talweg.landscapes import LANDSCAPES

SEEDS = range(int(os.environ.get("TALWEG_SEEDS", "1")))
NAMES = (
    list(LANDSCAPES)
    if "TALWEG_SEEDS" in os.environ
    else [
        "ripples",
        "cubic_inflection",
        "monkey_saddle",
        "himmelblau",
        "ackley",
        "easom",
    ]
)
"""A few of them; all, from ten seeds each, where the environment has ``TALWEG_SEEDS=10``.

Those of the six-hump camel are checked too, as an example's (`tests/test_examples.py`).
"""


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_all_of_a_landscape(name, seed):
    landscape = LANDSCAPES[name]
    found = talweg.find_critical_points(landscape.fun, landscape.bounds, seed=seed)
    left = list(landscape.critical_points)
    for point in found:
        apart = [np.abs(point.x - np.array(known.x)).max() for known in left]
        nearest = int(np.argmin(apart))
        known = left.pop(nearest)
        assert point.kind == known.kind, (point, known)
        exact = known.kind in ("minimum", "maximum", "saddle") and name != "quartic_flat"
        assert apart[nearest] < (1e-6 if exact else 1e-3)
        assert point.fun == pytest.approx(known.fun, abs=1e-7, rel=1e-7)
    assert not left
    assert [point.fun for point in found] == sorted(point.fun for point in found)


def test_functions_in_numpy():
    found = talweg.find_critical_points(
        lambda x: np.sum(x**4) / 4.0 - np.sum(x**2) / 2.0, [(-2.0, 2.0)] * 2
    )
    kinds = [point.kind for point in found]
    assert (kinds.count("minimum"), kinds.count("saddle"), kinds.count("maximum")) == (4, 4, 1)
    np.testing.assert_allclose(np.abs([p.x for p in found[:4]]), 1.0, atol=1e-7)


def test_what_only_the_box_stops_is_not_critical():
    assert talweg.find_critical_points(lambda x: jnp.exp(x[0]) + x[1], [(-1.0, 1.0)] * 2) == []


def test_the_seed_decides_nothing_where_all_is_found():
    boxes = LANDSCAPES["himmelblau"]
    one, other = (
        talweg.find_critical_points(boxes.fun, boxes.pairs, seed=seed, starts=500)
        for seed in (1, 2)
    )
    places = [sorted(tuple(p.x.round(6)) for p in points) for points in (one, other)]
    assert len(one) == 9
    assert places[0] == places[1]


@pytest.mark.parametrize(
    ("bounds", "options", "error", "message"),
    [
        ([(0.0, 0.0)], {}, ValueError, "no width"),
        ([(0.0, np.inf)], {}, ValueError, "finite"),
        ((None, 1.0), {}, ValueError, "finite"),
        ([(1.0, 0.0)], {}, ValueError, "no number lies"),
        ("ab", {}, TypeError, "list of"),
        ([(0.0, 1.0)], {"starts": 0}, ValueError, "starts is 0"),
        ([(0.0, 1.0)], {"seed": -1}, ValueError, "seed is -1"),
    ],
)
def test_bad_arguments(bounds, options, error, message):
    with pytest.raises(error, match=message):
        talweg.find_critical_points(lambda x: jnp.sum(x**2), bounds, **options)


def test_a_function_without_values_in_the_box():
    with pytest.raises(ValueError, match="isn't finite"):
        talweg.find_critical_points(lambda x: jnp.log(x[0]), [(-2.0, -1.0)])
