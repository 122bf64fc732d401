"""Points are named as the mathematics names them, whatever the scale and the way of writing."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import talweg
from talweg.landscapes import LANDSCAPES

RNG = np.random.default_rng(7)
BASIS = np.linalg.qr(RNG.normal(size=(5, 5)))[0]
CENTRE = RNG.normal(size=5)


def quadratic(x, matrix):
    return jnp.vdot(x - CENTRE, matrix @ (x - CENTRE)) / 2.0


@pytest.mark.parametrize(
    ("curvatures", "kind"),
    [
        ([1.0, 2.0, 3.0, 4.0, 5.0], "minimum"),
        ([1e-3, 1.0, 1.0, 1.0, 1e3], "minimum"),
        ([-5.0, -4.0, -3.0, -2.0, -1.0], "maximum"),
        ([-1e-3, 1.0, 1.0, 1.0, 1e2], "saddle"),
        ([-2.0, -1.0, 0.0, 1.0, 2.0], "saddle"),
        ([0.0, 1.0, 2.0, 3.0, 4.0], "degenerate"),
    ],
)
@pytest.mark.parametrize("written", ["jax", "numpy"])
def test_quadratics_with_known_curvatures(curvatures, kind, written):
    matrix = BASIS @ np.diag(curvatures) @ BASIS.T

    def in_numpy(x, matrix):
        return np.sum((x - CENTRE) * np.dot(matrix, x - CENTRE)) / 2.0

    fun = quadratic if written == "jax" else in_numpy
    point = talweg.critical_point(fun, CENTRE, (matrix,))
    assert point.kind == kind
    assert point.lowest_curvature == pytest.approx(min(curvatures), abs=1e-6)
    assert point.highest_curvature == pytest.approx(max(curvatures), rel=1e-6, abs=1e-6)
    assert point.negative == sum(c < 0.0 for c in curvatures)
    for direction, curvature in (
        (point.lowest_direction, min(curvatures)), (point.highest_direction, max(curvatures)),
    ):  # fmt: skip
        assert np.linalg.norm(direction) == pytest.approx(1.0)
        np.testing.assert_allclose(matrix @ direction, curvature * direction, atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(st.integers(-8, 8), st.integers(-3, 3), st.sampled_from(["minimum", "maximum", "saddle"]))
def test_no_scale_changes_the_kind(height, width, kind):
    signs = {"minimum": (1.0, 1.0), "maximum": (-1.0, -1.0), "saddle": (1.0, -1.0)}[kind]

    def fun(x, height, width):
        u, v = x / width
        return height * (
            signs[0] * (jnp.cosh(u) - 1.0) + signs[1] * (jnp.cosh(v) - 1.0) + u * v / 9
        )

    scales = (10.0**height, 10.0**width)
    assert talweg.critical_point(fun, np.zeros(2), scales).kind == kind
    if height - width < -4:
        return  # a gradient below 1e-6 counts as none, as it does for `minimize`
    beside = talweg.critical_point(fun, np.array([0.3, 0.2]) * scales[1], scales)
    assert beside.kind == "not critical"


ONE = {
    "x**4": (lambda x: x**4, "minimum"),
    "-x**4": (lambda x: -(x**4), "maximum"),
    "x**3": (lambda x: x**3, "degenerate"),
    "x**2": (lambda x: x**2, "minimum"),
    "abs": (jnp.abs, "kink"),
    "linear": (lambda x: 2.0 * x, "not critical"),
    "constant": (lambda x: 0.0 * x + 1.0, "degenerate"),
}


@pytest.mark.parametrize(("fun", "kind"), ONE.values(), ids=ONE)
def test_one_dimension(fun, kind):
    assert talweg.critical_point(fun, 0.0).kind == kind


@pytest.mark.parametrize("name", LANDSCAPES)
def test_every_known_point_of_a_landscape(name):
    landscape = LANDSCAPES[name]
    for known in landscape.critical_points[:12]:
        point = talweg.critical_point(landscape.fun, np.array(known.x))
        assert point.kind == known.kind, known


def test_bounds_and_held_coordinates():
    def fun(x):
        return (x[0] - 2.0) ** 2 + x[1] ** 2

    corner = talweg.critical_point(fun, [1.0, 0.0], bounds=(-1.0, 1.0))
    assert corner.kind == "boundary minimum"
    assert talweg.critical_point(fun, [1.0, 0.0]).kind == "not critical"
    held = talweg.critical_point(fun, [1.0, 0.0], fixed=np.array([True, False]))
    assert held.kind == "minimum"
    assert held.lowest_direction[0] == 0.0


def test_points_that_minimize_returns_are_minima():
    for scale in (1e-3, 1.0, 1e5):
        result = talweg.minimize(
            lambda x, s: s * ((1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2),
            [-1.2, 1.0], (scale,), tol=1e-6 * scale,
        )  # fmt: skip
        point = talweg.critical_point(
            lambda x, s: s * ((1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2), result.x,
            (scale,),
        )  # fmt: skip
        assert point.kind == "minimum"


@pytest.mark.parametrize(("spacing", "size"), [(np.geomspace, 2_000), (np.linspace, 10_000)])
def test_a_saddle_hidden_in_many_dimensions(spacing, size):
    generator = np.random.default_rng(0)
    curvatures = generator.permuted(np.append(spacing(1e-2, 1e2, size - 1), -1e-3))
    mirrors = generator.standard_normal((3, size))
    mirrors /= np.linalg.norm(mirrors, axis=1, keepdims=True)

    def fun(x, mirrors, curvatures):
        for mirror in mirrors:  # turned, so that no axis shows its curvature
            x = x - 2.0 * mirror * jnp.vdot(mirror, x)
        return jnp.sum(curvatures * x**2) / 2.0 + jnp.sum(x**4)

    point = talweg.critical_point(fun, np.zeros(size), (tuple(mirrors), curvatures))
    assert point.kind == "saddle"
    assert point.products < 300
    assert point.lowest_curvature == pytest.approx(-1e-3, rel=0.2)


def test_nests_keep_their_structure():
    point = talweg.critical_point(
        lambda w: w["a"] ** 2 - jnp.sum(w["b"] ** 2) / 2.0, {"a": 0.0, "b": np.zeros(2)}
    )
    assert point.kind == "saddle"
    assert abs(point.highest_direction["a"]) == pytest.approx(1.0)
    assert point.lowest_direction["b"].shape == (2,)
    assert point.negative == 2


# Slopes and products


def banana(x):
    return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2


def test_the_least_slope_is_the_one_against_the_gradient():
    x = np.array([-1.2, 1.0])
    gradient = talweg.gradient(banana, x)
    angles = np.linspace(0.0, 2.0 * np.pi, 33)
    for angle in angles:
        direction = 3.0 * np.array([np.cos(angle), np.sin(angle)])
        slope = talweg.directional_derivative(banana, x, direction)
        assert slope == pytest.approx(gradient @ direction / 3.0)
        assert slope >= -np.linalg.norm(gradient) * (1.0 + 1e-12)
        whole = talweg.directional_derivative(banana, x, direction, normalize=False)
        assert whole == pytest.approx(3.0 * slope)
    against = talweg.directional_derivative(banana, x, -gradient)
    assert against == pytest.approx(-np.linalg.norm(gradient))


def test_products_against_the_hessian_by_hand():
    a, b = -1.2, 1.0
    hessian = np.array([[2.0 + 1200.0 * a**2 - 400.0 * b, -400.0 * a], [-400.0 * a, 200.0]])
    for direction in np.eye(2):
        product = talweg.hessian_vector_product(banana, [a, b], direction)
        np.testing.assert_allclose(product, hessian @ direction, rtol=1e-12)

    def in_numpy(x):
        return np.sum((1.0 - x[:1]) ** 2 + 100.0 * (x[1:] - x[:1] ** 2) ** 2)

    product = talweg.hessian_vector_product(in_numpy, [a, b], [1.0, 2.0])
    np.testing.assert_allclose(product, hessian @ [1.0, 2.0], rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: talweg.directional_derivative(banana, [1.0, 1.0], [0.0, 0.0]), "direction"),
        (lambda: talweg.directional_derivative(banana, [1.0, 1.0], [np.nan, 0.0]), "direction"),
        (lambda: talweg.hessian_vector_product(banana, [1.0, 1.0], [1.0]), "direction"),
        (lambda: talweg.critical_point(banana, [np.inf, 1.0]), "inf"),
        (lambda: talweg.critical_point(jnp.log, -1.0), "nan"),
    ],
    ids=["zero", "nan", "short", "infinite", "outside"],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()
