"""How a descent is compiled changes how long it takes, not where it leads."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal

import talweg
from talweg import compilation, objective
from talweg.compilation import compile_for, largest_array, prefers_python_loop

POINTS = np.linspace(-2.0, 2.0, 7)


def waves(x, factor):
    return jnp.sum(jnp.sin(factor * x) * jnp.exp(-(x**2))), jnp.cumsum(x / factor)


def waves_by_hand(x, factor):
    return np.sum(np.sin(factor * x) * np.exp(-(x**2))), np.cumsum(x / factor)


def check_waves(compiled):
    with jax.enable_x64(True):
        for factor in (1.5, -3.0):
            for ours, theirs in zip(
                compiled(POINTS, factor), waves_by_hand(POINTS, factor), strict=True
            ):
                assert np.allclose(ours, theirs, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("largest", [0, 64, 65, 8192, 8193, 10**9])
def test_every_tier_computes_the_same(largest):
    check_waves(compile_for(largest, waves))


def test_the_same_arguments_give_the_same_function_and_small_ones_another():
    assert compile_for(7, waves) is compile_for(64, waves)
    assert compile_for(10**6, waves) is compile_for(10**9, waves)
    assert compile_for(64, waves) is not compile_for(10**9, waves)


def test_static_arguments_are_constants():
    def power(x, exponent):
        assert type(exponent) is int
        return x**exponent

    for largest in (1, 10**9):
        compiled = compile_for(largest, power, "exponent")
        assert float(compiled(3.0, exponent=2)) == 9.0
        assert float(compiled(3.0, exponent=3)) == 27.0


@pytest.mark.parametrize(
    "options", [{"xla_there_is_no_such_option": True}, {"xla_backend_optimization_level": "high"}]
)
def test_options_that_the_compiler_does_not_know_are_left_out(options, monkeypatch):
    monkeypatch.setattr(compilation, "_OPTIONS", ((np.inf, options),))
    with pytest.raises(Exception, match=next(iter(options))):
        jax.jit(lambda x: x + 1.0, compiler_options=options)(1.0)
    check_waves(compile_for(7, waves))
    result = talweg.minimize(lambda x: jnp.sum((x - 3.0) ** 2), np.zeros(2), method="gradient")
    assert result.success
    assert np.allclose(result.x, 3.0, rtol=0.0, atol=1e-6)


def test_on_another_machine_than_a_cpu_there_are_no_options(monkeypatch):
    known = tuple(compilation._OPTIONS[0][1].items())
    assert compilation._accepted.__wrapped__(known)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert not compilation._accepted.__wrapped__(known)


# What a function is made of


def traced(fun, *args):
    return jax.make_jaxpr(fun)(*args).jaxpr


def products(x):
    return jnp.sum(jnp.outer(x, x))


custom = jax.custom_jvp(products)
custom.defjvps(lambda direction, value, x: 2.0 * jnp.sum(x) * jnp.sum(direction))

NESTED = {
    "plainly": products,
    "jit": jax.jit(products),
    "twice": jax.jit(lambda x: jax.jit(products)(x) + 1.0),
    "scan": lambda x: jax.lax.scan(lambda s, _: (s + products(x), None), 0.0, None, length=2)[0],
    "while": lambda x: jax.lax.while_loop(lambda s: s < 3.0, lambda s: s + products(x), 0.0),
    "cond": lambda x: jax.lax.cond(x[0] > 0.0, products, jnp.sum, x),
    "checkpoint": jax.checkpoint(products),
    "gradient": jax.grad(products),
    "custom": custom,
}


@pytest.mark.parametrize("fun", NESTED.values(), ids=NESTED)
def test_the_largest_array_is_found_inside_as_well(fun):
    assert largest_array(traced(fun, np.ones(9, np.float32))) == 81


def test_the_largest_array_may_be_an_argument_or_a_constant():
    constant = np.ones((5, 6), np.float32)
    assert largest_array(traced(lambda x: x[0], np.ones(12, np.float32))) == 12
    assert largest_array(traced(lambda x: jnp.asarray(constant)[0, 0] * x, np.float32(1.0))) == 30
    assert largest_array(traced(lambda x: x + 1.0, np.float32(1.0))) == 1
    assert largest_array(traced(lambda: None)) == 0


def convolution(image, kernel, layout=("NCHW", "OIHW", "NCHW"), groups=1):
    return jax.lax.conv_general_dilated(
        image, kernel, (1, 1), "SAME", dimension_numbers=layout, feature_group_count=groups
    )


def ones(*shape, dtype=np.float32):
    return np.ones(shape, dtype)


@pytest.mark.parametrize(
    ("image", "kernel", "expected"),
    [
        (ones(1, 1, 8, 8), ones(4, 1, 3, 3), True),
        (ones(1, 4, 8, 8), ones(1, 4, 3, 3), True),
        (ones(1, 2, 8, 8), ones(2, 2, 3, 3), True),
        (ones(1, 1, 8, 8), ones(1, 1, 3, 3), False),
        (ones(5, 1, 8, 8), ones(1, 1, 3, 3), False),
        (ones(1, 2, 8, 8, dtype=float), ones(2, 2, 3, 3, dtype=float), False),
    ],
    ids=["out", "in", "both", "one", "batch", "float64"],
)
def test_convolutions_of_several_channels_in_single_precision_stay_out_of_the_loop(
    image, kernel, expected
):
    with jax.enable_x64(True):
        assert prefers_python_loop(traced(convolution, image, kernel)) is expected
        slope = jax.value_and_grad(lambda x: jnp.sum(convolution(x, kernel) ** 2))
        assert prefers_python_loop(traced(jax.jit(slope), image)) is expected


@pytest.mark.parametrize(
    ("layout", "kernel", "expected"),
    [
        (("NHWC", "HWIO", "NHWC"), ones(3, 3, 1, 1), False),
        (("NHWC", "HWIO", "NHWC"), ones(3, 3, 1, 4), True),
        (("NHWC", "OHWI", "NHWC"), ones(4, 3, 3, 1), True),
    ],
)
def test_the_channels_are_where_the_layout_says(layout, kernel, expected):
    jaxpr = traced(functools.partial(convolution, layout=layout), ones(1, 8, 8, 1), kernel)
    assert prefers_python_loop(jaxpr) is expected


def test_a_convolution_is_found_inside_as_well():
    image, kernel = ones(1, 1, 8, 8), ones(2, 1, 3, 3)

    def inside(x):
        return jax.lax.scan(
            lambda s, _: (s + jax.jit(convolution)(x, kernel).sum(), None), 0.0, None, length=2
        )[0]

    assert prefers_python_loop(traced(inside, image))
    assert not prefers_python_loop(traced(lambda x: jnp.sum(x**2), image))


# Both ways lead to the same place


def valley(x):
    return jnp.sum((x - 1.0) ** 2) + 5.0 * (x[1] - x[0] ** 2) ** 2


@pytest.mark.parametrize("method", ["lbfgs", "conjugate_gradient"])
def test_out_of_the_loop_it_goes_the_same_way(method, monkeypatch):
    start = np.array([-1.2, 1.0, 0.25])
    inside = talweg.minimize(valley, start, method=method)
    seen = objective.outline
    monkeypatch.setattr(objective, "outline", lambda traced: seen(traced)._replace(in_loop=False))
    outside = talweg.minimize(valley, start, method=method)
    assert inside.success
    assert outside.success
    assert abs(inside.nfev - outside.nfev) <= 2
    steps = min(inside.nit, 8)
    assert np.allclose(inside.trace.fun[:steps], outside.trace.fun[:steps], rtol=1e-9)
    for result in (inside, outside):
        assert np.allclose(result.x, 1.0, rtol=0.0, atol=1e-6)


def test_a_filtered_image_is_found_in_single_and_double_precision():
    # Filters whose responses are asked to be those of a known picture: least squares.
    rng = np.random.default_rng(2)
    picture, kernel = rng.normal(size=(6, 6)), rng.normal(size=(2, 1, 3, 3))
    kernel[:, 0, 1, 1] += 4.0  # well conditioned
    responses = [scipy.signal.correlate2d(picture, k[0], "same") for k in kernel]

    def misfit(x, kernel, responses):
        return jnp.sum((convolution(x[None, None], kernel)[0] - responses) ** 2) / 2.0

    for dtype, atol in ((np.float32, 1e-3), (np.float64, 1e-6)):
        data = kernel.astype(dtype), np.array(responses, dtype)
        result = talweg.minimize(misfit, np.zeros((6, 6), dtype), data)
        assert result.success
        assert result.x.dtype == dtype
        assert np.abs(result.x - picture).max() < atol
