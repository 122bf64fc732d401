"""Many starts at once: the same ends as one by one, and the minima told apart."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

import talweg
from talweg.landscapes import get

HIMMELBLAU = get("himmelblau")


def himmelblau(x):
    return (x[0] ** 2 + x[1] - 11.0) ** 2 + (x[0] + x[1] ** 2 - 7.0) ** 2


def starts_of(landscape, count, seed=0):
    lower, upper = map(np.array, landscape.bounds)
    return lower + (upper - lower) * np.random.default_rng(seed).random((count, lower.size))


@pytest.mark.parametrize("method", ["lbfgs", "gradient", "newton", "barzilai_borwein", "adam"])
@pytest.mark.parametrize("bounds", [None, (-4.0, 2.5)])
def test_side_by_side_as_one_by_one(method, bounds):
    starts = starts_of(HIMMELBLAU, 6)
    options = {"step": 0.05, "max_iter": 300} if method == "adam" else {}
    minima = talweg.minimize_many(himmelblau, starts, method=method, bounds=bounds, **options)
    for start, end, evaluations in zip(starts, minima.ends, minima.evaluations, strict=True):
        alone = talweg.minimize(himmelblau, start, method=method, bounds=bounds, **options)
        np.testing.assert_allclose(end, alone.x, rtol=1e-5, atol=1e-5)
        assert abs(int(evaluations) - alone.nfev) <= 0.1 * alone.nfev + 3


def test_the_four_minima_of_himmelblau_and_their_basins():
    starts = starts_of(HIMMELBLAU, 200)
    minima = talweg.minimize_many(himmelblau, starts)
    known = np.array([p.x for p in HIMMELBLAU.critical_points if p.kind == "minimum"])
    assert len(minima) == 4
    assert {tuple(row) for row in minima.x.round(4)} == {tuple(row) for row in known.round(4)}
    assert minima.counts.sum() == 200
    for k in range(4):
        mine = minima.which == k
        assert mine.sum() == minima.counts[k]
        np.testing.assert_allclose(minima.ends[mine], minima.x[[k] * mine.sum()], atol=1e-5)
    assert minima.lowest.fun == minima.fun.min() == pytest.approx(0.0, abs=1e-10)


def test_lowest_first():
    landscape = get("tilted_double_well")
    minima = talweg.minimize_many(landscape.fun, starts_of(landscape, 40))
    known = [p for p in landscape.critical_points if p.kind == "minimum"]
    np.testing.assert_allclose(minima.fun, [p.fun for p in known], rtol=1e-9)
    assert minima.x.shape == (2, 1)
    assert minima.lowest.x[0] == pytest.approx(known[0].x[0], rel=1e-6)


def test_a_saddle_is_no_minimum():
    starts = np.array([[1.0, 0.0], [1.0, 0.1]])  # the first one has no reason to leave y = 0
    minima = talweg.minimize_many(lambda x: x[0] ** 2 - x[1] ** 2 + x[1] ** 4 / 4.0, starts)
    assert minima.which.tolist() == [-1, 0]
    np.testing.assert_allclose(minima.x, [[0.0, np.sqrt(2.0)]], atol=1e-6)
    assert "ended in none" in repr(minima)


def test_functions_in_numpy_and_of_dicts():
    def loss(w):
        return np.sum((w["a"] ** 2 - 1.0) ** 2) + (w["b"] - 2.0) ** 2

    starts = {"a": np.array([[-2.0, 2.0], [0.5, 0.4], [3.0, 3.0]]), "b": np.array([0.0, 1.0, 5.0])}
    minima = talweg.minimize_many(loss, starts)
    np.testing.assert_allclose(minima.ends["a"], np.sign(starts["a"]), atol=1e-5)
    np.testing.assert_allclose(minima.x["b"], 2.0, atol=1e-5)
    assert sorted(minima.counts.tolist()) == [1, 2]
    assert minima.points[0].kind == "minimum"


def test_starts_outside_the_domain_fall_into_nothing():
    minima = talweg.minimize_many(lambda x: x - jnp.log(x), np.array([-1.0, 0.5, 4.0]))
    assert minima.which.tolist() == [-1, 0, 0]
    assert minima.x == pytest.approx([1.0], abs=1e-6)


def test_held_coordinates_stay_where_each_start_has_them():
    starts = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, -5.0]])
    minima = talweg.minimize_many(
        lambda x: (x[1] - x[0]) ** 2, starts, fixed=np.array([True, False])
    )
    np.testing.assert_array_equal(minima.ends[:, 0], starts[:, 0])
    np.testing.assert_allclose(minima.ends[:, 1], starts[:, 0], atol=1e-6)


def test_at_the_edge_of_a_box_as_scipy():
    starts = starts_of(HIMMELBLAU, 20)
    minima = talweg.minimize_many(himmelblau, starts, bounds=(-1.0, 1.0))
    box = [(-1.0, 1.0)] * 2
    ends = np.array([scipy.optimize.minimize(himmelblau, s, bounds=box).x for s in starts])
    assert {point.kind for point in minima.points} == {"boundary minimum"}
    for x in minima.x:
        assert np.abs(ends - x).max(axis=1).min() < 1e-5
    assert minima.counts.sum() == 20


def test_many_starts_in_several_calls():
    starts = np.linspace(-2.0, 2.0, 5001)
    minima = talweg.minimize_many(lambda x: (x**2 - 1.0) ** 2, starts)
    negative = starts < -1e-3
    assert (minima.ends[negative] < 0.0).all()
    assert (minima.ends[starts > 1e-3] > 0.0).all()
    assert minima.which[2500] == -1  # it starts at the maximum


@pytest.mark.parametrize(
    ("starts", "options", "error", "message"),
    [
        (np.zeros((0, 2)), {}, ValueError, "empty"),
        (1.0, {}, ValueError, "first axis"),
        (np.array([[1.0, np.nan]]), {}, ValueError, r"number 0 is nan at x0\[1\]"),
        ({"a": np.ones(2), "b": np.ones(3)}, {}, ValueError, r"\[2, 3\]"),
        (np.ones((2, 2), int), {}, TypeError, "floats"),
        (np.ones((2, 2)), {"step": lambda k: 0.1, "method": "gradient"}, TypeError, "schedule"),
        (np.ones((2, 2)), {"memory": 0}, ValueError, "memory"),
        (np.ones((2, 2)), {"bounds": (2.0, 1.0)}, ValueError, "no number lies"),
    ],
)
def test_bad_arguments(starts, options, error, message):
    with pytest.raises(error, match=message):
        talweg.minimize_many(lambda x: jnp.sum(x**2), starts, **options)


def test_none_found():
    minima = talweg.minimize_many(lambda x: -(x**2), np.array([1.0, 2.0]))
    assert len(minima) == 0
    with pytest.raises(ValueError, match="none of the descents"):
        minima.lowest  # noqa: B018
