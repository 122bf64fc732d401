"""A plane through a point of many dimensions."""

import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib.contour import QuadContourSet

from talweg import plots
from talweg.plots import contour_map
from talweg.plots.grid import finite_values

RNG = np.random.default_rng(3)
CURVATURE = RNG.standard_normal((6, 6))
CURVATURE = CURVATURE @ CURVATURE.T + np.eye(6)
MIDDLE = RNG.standard_normal(6)


def energy(x):
    return (x - MIDDLE) @ CURVATURE @ (x - MIDDLE) / 2


@pytest.fixture
def sampled(monkeypatch):
    """Note the values that the picture is made of."""
    seen = []

    def noting(fun, box, resolution):
        seen.append(finite_values(fun, box, resolution))
        return seen[-1]

    monkeypatch.setattr(contour_map, "finite_values", noting)
    return seen


@pytest.mark.parametrize("radius", [0.5, 3.0])
def test_the_values_are_those_of_direct_evaluation(sampled, radius):
    u, v = np.linalg.qr(RNG.standard_normal((6, 2)))[0].T
    plots.landscape_slice(energy, MIDDLE, (u, v), radius=radius, resolution=7)
    (a, b), values = sampled[0]
    np.testing.assert_allclose(a, np.linspace(-radius, radius, 7))
    for i in range(7):
        for j in range(7):
            x = MIDDLE + a[j] * u + b[i] * v
            assert values[i, j] == pytest.approx(energy(x))


def test_directions_are_made_orthonormal(sampled):
    first, second = np.zeros(6), np.zeros(6)
    first[0], second[:2] = 5.0, (7.0, -2.0)
    plots.landscape_slice(energy, MIDDLE, (first, second), radius=1.0, resolution=3)
    _, values = sampled[0]
    for (i, j), step in {(1, 2): (1.0, 0.0), (2, 1): (0.0, -1.0)}.items():
        x = MIDDLE.copy()
        x[:2] += step
        assert values[i, j] == pytest.approx(energy(x))


def test_a_nest_and_a_numpy_function_will_do(sampled):
    x = {"w": np.array([[1.0, 2.0]]), "b": 3.0}
    u = {"w": np.array([[1.0, 0.0]]), "b": 0.0}
    v = {"w": np.array([[0.0, 0.0]]), "b": 1.0}

    def loss(w):
        return np.sum(w["w"] ** 2) + 10 * w["b"]

    plots.landscape_slice(loss, x, (u, v), radius=1.0, resolution=3)
    _, values = sampled[0]
    np.testing.assert_allclose(
        values, [[4 + a * (2 + a) + 1 + 30 + 10 * b for a in (-1, 0, 1)] for b in (-1, 0, 1)]
    )


def test_random_directions_are_repeatable_and_of_unit_length(sampled):
    for seed in (0, 0, 1):
        plots.landscape_slice(
            lambda x: jnp.sum((x - MIDDLE) ** 2), MIDDLE, radius=2.0, resolution=3, seed=seed
        )
    (_, first), (_, again), (_, other) = sampled
    np.testing.assert_array_equal(first, again)
    # Of orthonormal directions, all see the same bowl: a**2 + b**2.
    np.testing.assert_allclose(first, [[8, 4, 8], [4, 0, 4], [8, 4, 8]], atol=1e-12)
    np.testing.assert_allclose(other, first, atol=1e-12)


def test_seeds_differ(sampled):
    for seed in (0, 1):
        plots.landscape_slice(energy, MIDDLE, radius=2.0, resolution=3, seed=seed)
    assert not np.allclose(sampled[0][1], sampled[1][1])


def walk_label(ax):
    (line,) = [line for line in ax.get_lines() if line.get_label().startswith("path")]
    return line


def test_a_path_is_projected_and_how_much_of_it_is_seen_is_said():
    u, v = np.eye(6)[:2]
    path = [MIDDLE + 3 * np.eye(6)[0] + 4 * np.eye(6)[5], MIDDLE + np.eye(6)[1], MIDDLE]
    ax = plots.landscape_slice(energy, MIDDLE, (u, v), path=path, resolution=5)
    line = walk_label(ax)
    np.testing.assert_allclose(line.get_xydata(), [[3, 0], [0, 1], [0, 0]], atol=1e-12)
    share = 100 * np.sqrt((9 + 1 + 1) / (9 + 1 + 16 + 1))
    assert line.get_label() == f"path, projected ({share:.3g} % lies in the plane)"
    assert ax.get_xlim()[1] >= 3.0  # it is seen whole


def test_a_path_of_nests_or_an_array_of_iterates():
    x = {"a": np.zeros(2), "b": np.zeros((1, 2))}

    def loss(w):
        return jnp.sum(w["a"] ** 2) + jnp.sum(w["b"] ** 2)

    u = {"a": np.array([1.0, 0.0]), "b": np.zeros((1, 2))}
    v = {"a": np.zeros(2), "b": np.array([[0.0, 1.0]])}
    path = [{"a": np.array([2.0, 0.0]), "b": np.array([[0.0, 1.0]])}, x]
    ax = plots.landscape_slice(loss, x, (u, v), path=path, resolution=5)
    np.testing.assert_allclose(walk_label(ax).get_xydata(), [[2, 1], [0, 0]])

    images = np.zeros((3, 2, 2))
    images[0, 0, 1] = 1.0
    ax = plots.landscape_slice(
        lambda x: jnp.sum(x**2), np.zeros((2, 2)), np.eye(4).reshape(4, 2, 2)[:2], path=images,
        resolution=5, upto=1,
    )  # fmt: skip
    np.testing.assert_allclose(walk_label(ax).get_xydata(), [[0, 1], [0, 0]])


@pytest.mark.parametrize(("x", "reach"), [(np.array([3.0, 4.0]), 5.0), (np.zeros(3), 1.0)])
def test_the_radius_follows_the_point(x, reach):
    ax = plots.landscape_slice(lambda x: jnp.sum(x**2), x, resolution=3)
    np.testing.assert_allclose(ax.get_xlim(), (-reach, reach))


def test_single_precision_stays_single():
    types = set()

    def fun(x):
        types.add(str(x.dtype))
        return jnp.sum(x**2)

    plots.landscape_slice(fun, np.ones(3, np.float32), radius=1.0, resolution=3)
    assert types == {"float32"}


def test_a_large_point_does_not_take_memory_for_all_values_at_once(sampled):
    x = np.zeros((400, 400))
    ax = plots.landscape_slice(lambda x: jnp.sum(x**2), x, radius=1.0, resolution=11)
    assert any(isinstance(artist, QuadContourSet) for artist in ax.get_children())
    assert "160000 dimensions" in ax.get_title()


@pytest.mark.parametrize(
    ("more", "error", "match"),
    [
        ({"directions": [np.ones(6)]}, ValueError, "directions must be two, not 1"),
        ({"directions": [np.ones(6), 2 * np.ones(6)]}, ValueError, "parallel"),
        ({"directions": [np.ones(6), np.zeros(6)]}, ValueError, r"directions\[1\] must be"),
        ({"directions": [np.full(6, np.nan), np.ones(6)]}, ValueError, r"directions\[0\] must be"),
        ({"directions": [np.ones(5), np.ones(6)]}, ValueError, r"directions\[0\] has the shape"),
        ({"radius": 0.0}, ValueError, "radius=0.0"),
        ({"radius": np.inf}, ValueError, "radius=inf"),
        ({"path": []}, ValueError, "path is empty"),
        ({"path": np.zeros((0, 6))}, ValueError, "path is empty"),
        ({"path": np.ones((3, 5))}, ValueError, r"it must be \(k, 6\)"),
        ({"path": [np.ones(5)]}, ValueError, r"path\[0\] has the shape"),
    ],
)
def test_bad_arguments_are_refused(more, error, match):
    with pytest.raises(error, match=match):
        plots.landscape_slice(energy, MIDDLE, **more)


def test_one_dimension_has_no_plane():
    with pytest.raises(ValueError, match=r"use talweg.plots.function"):
        plots.landscape_slice(jnp.sum, np.ones(1))
