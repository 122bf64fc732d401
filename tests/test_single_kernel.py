"""Every operation that may go into a single kernel does what it does outside of one."""

import functools
import operator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend import core

import talweg
from talweg import turns
from talweg.compilation import compile_for
from talweg.constraints import Constraints
from talweg.limits import read_limits
from talweg.methods import METHODS, LinearConjugateGradient, read_method
from talweg.single_kernel import _ABLE, as_single_kernel, fits_single_kernel

LAX = jax.lax
X = np.linspace(0.1, 0.9, 12)
TABLE = np.linspace(-1.0, 1.0, 12).reshape(3, 4)


@jax.custom_vjp
def own_slope(x):
    return x**2


own_slope.defvjp(lambda x: (x**2, x), lambda x, slope: (3.0 * x * slope,))

ELEMENTWISE = {
    name: getattr(LAX, name)
    for name in (
        "abs", "acos", "asin", "asinh", "atan", "atanh", "cbrt", "ceil", "cos", "cosh", "digamma",
        "erf", "erf_inv", "erfc", "exp", "exp2", "expm1", "floor", "is_finite", "lgamma", "log",
        "log1p", "logistic", "neg", "round", "rsqrt", "sign", "sin", "sinh", "sqrt", "square",
        "stop_gradient", "tan", "tanh",
    )
} | {
    "acosh": lambda x: LAX.acosh(x + 1.0),
    "add_any": lambda x: jax.vjp(lambda y: y * y, x)[1](x)[0],
    "copy": jnp.copy,
    "integer_pow": lambda x: x**-3,
    "polygamma": lambda x: LAX.polygamma(jnp.ones_like(x), x),
    "clamp": lambda x: LAX.clamp(0.3, x, 0.6),
    "convert_element_type": lambda x: (9.0 * x).astype(jnp.int32),
    "select_n": lambda x: jnp.where(x > 0.5, x, -x),
    "not": lambda x: ~(x > 0.5),
}  # fmt: skip

OF_TWO = {
    name: functools.partial(lambda f, x: f(x, x[::-1]), getattr(LAX, name))
    for name in ("add", "atan2", "div", "eq", "ge", "gt", "le", "lt", "max", "min", "mul", "ne",
                 "pow", "rem", "sub")
} | {
    name: functools.partial(lambda f, x: f(x > 0.2, x < 0.5), f)
    for name, f in (("and", operator.and_), ("or", operator.or_), ("xor", operator.xor))
}  # fmt: skip

SHAPES = {
    "broadcast_in_dim": lambda x: jnp.broadcast_to(x[:, None], (12, 3)),
    "concatenate": lambda x: jnp.concatenate([x, 2.0 * x]),
    "dynamic_slice": lambda x: LAX.dynamic_slice(x, (jnp.argmax(x) // 2,), (3,)),
    "dynamic_update_slice": lambda x: LAX.dynamic_update_slice(x, -x[:3], (jnp.argmax(x) // 2,)),
    "gather": lambda x: x[jnp.array([1, 3, 3])],
    "iota": lambda x: x + jnp.arange(12.0),
    "pad": jax.grad(lambda y: jnp.sum(jnp.diff(y) ** 2)),
    "platform_index": lambda x: jnp.diagonal(x[:9].reshape(3, 3)),
    "reshape": lambda x: x.reshape(3, 4) * 2.0,
    "rev": lambda x: x[::-1],
    "slice": lambda x: x[2:9:2],
    "squeeze": lambda x: jnp.squeeze(x[:1]),
    "stack": lambda x: jnp.stack([x, -x]),
    "tile": lambda x: LAX.tile(x, (2,)),
    "transpose": lambda x: x.reshape(3, 4).T,
}

GATHERING = {
    "argmax": jnp.argmax, "argmin": jnp.argmin, "cumlogsumexp": LAX.cumlogsumexp,
    "cummax": LAX.cummax, "cummin": LAX.cummin, "cumprod": LAX.cumprod, "cumsum": LAX.cumsum,
    "reduce_and": lambda x: jnp.all(x > 0.0), "reduce_max": jnp.max, "reduce_min": jnp.min,
    "reduce_or": lambda x: jnp.any(x > 0.8), "reduce_prod": jnp.prod, "reduce_sum": jnp.sum,
    "product of vectors": lambda x: jnp.vdot(x, x), "norm": jnp.linalg.norm,
    "product with a vector": lambda x: jnp.asarray(TABLE) @ x[:4],
    "product of matrices": lambda x: jnp.asarray(TABLE) @ x.reshape(4, 3),
    "products of a batch": lambda x: x.reshape(3, 2, 2) @ x.reshape(3, 2, 2),
}  # fmt: skip

FLOW = {
    "cond": lambda x: LAX.cond(x[0] > 0.0, jnp.sin, jnp.cos, x),
    "custom_jvp_call": jax.nn.softplus,
    "custom_vjp_call": lambda x: own_slope(x) + jax.grad(lambda y: own_slope(y).sum())(x),
    "jit": jax.jit(jnp.sin),
    "remat2": jax.checkpoint(jnp.sin),
    "scan": lambda x: LAX.scan(lambda c, a: (c * a + 1.0, c), 0.0, x),
    "while": lambda x: LAX.while_loop(lambda c: c[0] < 5, lambda c: (c[0] + 1, c[1] * x), (0, x))[
        1
    ],
}

GROUPS = {
    "elementwise": ELEMENTWISE, "of two": OF_TWO, "shapes": SHAPES, "gathering": GATHERING,
    "flow": FLOW,
}  # fmt: skip


def primitives(jaxpr):
    found = {equation.primitive.name for equation in jaxpr.eqns}
    for equation in jaxpr.eqns:
        for inner in core.jaxprs_in_params(equation.params):
            found |= primitives(inner)
    return found


def repeated(functions):
    """Return all results of the functions, computed anew in both turns of a loop."""

    def results(x):
        return [function(x) for function in functions.values()]

    def loop(x):
        blank = jax.tree_util.tree_map(
            lambda s: jnp.zeros(s.shape, s.dtype), jax.eval_shape(results, x)
        )
        return LAX.while_loop(lambda c: c[0] < 2, lambda c: (c[0] + 1, results(x)), (0, blank))[1]

    return results, loop


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_in_one_kernel_as_outside(group, dtype):
    with jax.enable_x64(dtype == np.float64):
        x = X.astype(dtype)
        results, loop = repeated(GROUPS[group])
        assert fits_single_kernel(jax.make_jaxpr(loop)(x).jaxpr)
        options = {"xla_cpu_experimental_ynn_fusion_type": ""}
        program = jax.jit(as_single_kernel(loop), compiler_options=options).lower(x).compile()
        assert 'inlineable="false",xla_cpu_small_call="true"' in program.as_text()
        expected, (got, _) = results(x), program(x)
    for name, a, b in zip(GROUPS[group], expected, got, strict=True):
        tolerance = 20 * np.finfo(dtype).eps
        for one, other in zip(*map(jax.tree_util.tree_leaves, (a, b)), strict=True):
            np.testing.assert_allclose(other, one, rtol=tolerance, atol=tolerance, err_msg=name)


def test_every_operation_that_is_let_in_was_tried():
    tried = set()
    with jax.enable_x64(True):
        for functions in GROUPS.values():
            tried |= primitives(jax.make_jaxpr(repeated(functions)[0])(X).jaxpr)
    assert tried >= _ABLE


SORTED = {
    "sort": jnp.sort,
    "scatter": lambda x: x.at[jnp.array([1, 3])].set(0.0),
    "factorisation": lambda x: jnp.linalg.cholesky(jnp.diag(x)),
    "large matrices": lambda x: jnp.outer(x, jnp.ones(99)) @ jnp.ones((99, 99)),
    "transform": jnp.fft.fft,
    "a sort inside": lambda x: LAX.fori_loop(0, 3, lambda _, y: jnp.sort(y), x),
}


@pytest.mark.parametrize("fun", SORTED.values(), ids=SORTED)
def test_what_does_not_fit_is_seen(fun):
    assert not fits_single_kernel(jax.make_jaxpr(fun)(X).jaxpr)


@pytest.mark.parametrize("fun", [jnp.sort, lambda x: jnp.sort(x) - jnp.arange(5.0)])
def test_what_does_not_fit_is_minimised_all_the_same(fun):
    result = talweg.minimize(lambda x: jnp.sum((fun(x) - 1.0) ** 2), np.linspace(0.0, 3.0, 5))
    assert result.success
    assert result.fun == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("bounded", [False, True])
@pytest.mark.parametrize("name", [*sorted({*METHODS} - {"newton"}), "linear"])
def test_every_method_fits(name, bounded):
    if name == "linear":
        if bounded:
            pytest.skip("it takes no bounds")
        method = LinearConjugateGradient()
    else:
        method = read_method(name, None, {})
    assert method.fits_single_kernel
    x = np.ones(5)
    constraints = Constraints(np.float64(0.0), np.float64(2.0)) if bounded else Constraints()
    with jax.enable_x64(True):
        limits = read_limits(
            "float64", max_iter=9, tol=None, step_tol=None, every=None, free=5, stochastic=False
        )
        carry = turns.start(method, x, constraints, keep_best=not method.monotone)
        jaxpr = jax.make_jaxpr(functools.partial(turns._loop, lambda x, _: ((x**2).sum(), 2 * x)))(
            method, constraints, limits, carry, ()
        )
    assert fits_single_kernel(jaxpr.jaxpr)


ARGUMENTS = {
    "unused": (lambda x, a: jnp.sum(x**2), np.ones(3)),
    "unused in the end": (lambda x, a: jnp.sum(x**2) + 0 * a[0], np.arange(3)),
    "empty": (lambda x, a: jnp.sum(x**2) + jnp.sum(a), np.zeros(0)),
    "unused key": (lambda x, a: jnp.sum(x**2), jax.random.key(0)),
    "complex": (lambda x, a: jnp.sum(jnp.abs(a * x) ** 2), np.array([0.6 + 0.8j])),
}


@pytest.mark.parametrize(("fun", "argument"), ARGUMENTS.values(), ids=ARGUMENTS)
@pytest.mark.parametrize("step", [0.25, None])
def test_arguments_that_are_not_read(fun, argument, step):
    result = talweg.minimize(fun, [3.0, 4.0], (argument,), method="gradient", step=step)
    assert result.success
    assert np.abs(result.x).max() < 1e-6


def test_a_refusal_of_the_compiler_is_no_end(monkeypatch):
    calls = []

    def refuses(function, *static):
        def refuse(*arguments):
            calls.append(arguments)
            raise jax.errors.JaxRuntimeError("UNIMPLEMENTED: no such kernel")

        return refuse if function is triple else as_single_kernel(function, *static)

    def triple(x):
        return 3.0 * x

    monkeypatch.setattr("talweg.compilation.as_single_kernel", refuses)
    assert float(compile_for(4, triple, single=True)(2.0)) == 6.0
    assert calls
