"""talweg as a method of scipy.optimize.minimize, beside SciPy's own methods."""

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

import talweg

START = np.array([-1.2, 1.0, -1.2, 1.0])
METHOD = talweg.as_scipy_method()
PRECISE = talweg.as_scipy_method(tol=1e-9)


def rosenbrock(x):
    return jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def bowl(x, target=1.0):
    return np.sum((x - target) ** 2)


def agree(ours, theirs, atol=1e-5):
    assert ours.success
    assert theirs.success
    assert np.allclose(ours.x, theirs.x, atol=atol)
    assert ours.fun == pytest.approx(theirs.fun, abs=1e-8)


# The same minimum as SciPy's own methods


def test_without_bounds_as_bfgs():
    ours = scipy.optimize.minimize(rosenbrock, START, method=PRECISE)
    theirs = scipy.optimize.minimize(
        scipy.optimize.rosen, START, method="BFGS", jac=scipy.optimize.rosen_der
    )
    agree(ours, theirs)
    assert isinstance(ours, scipy.optimize.OptimizeResult)
    assert type(ours.x) is np.ndarray
    assert (ours.x.shape, ours.x.dtype) == ((4,), np.float64)
    assert ours.jac.shape == (4,)


@pytest.mark.parametrize(
    "bounds",
    [
        [(-2.0, 0.5), (None, None), (-1.5, 1.5), (0.1, None)],
        ((-2.0, 0.5), (None, None), (-1.5, 1.5), (0.1, None)),
        np.array([[-2.0, 0.5], [-np.inf, np.inf], [-1.5, 1.5], [0.1, np.inf]]),
        scipy.optimize.Bounds([-2.0, -np.inf, -1.5, 0.1], [0.5, np.inf, 1.5, np.inf]),
        scipy.optimize.Bounds(-2.0, 0.5),
    ],
    ids=["list", "tuple", "array", "Bounds", "Bounds of numbers"],
)
def test_with_bounds_as_lbfgsb(bounds):
    ours = scipy.optimize.minimize(rosenbrock, START, method=PRECISE, bounds=bounds)
    theirs = scipy.optimize.minimize(
        scipy.optimize.rosen, START, method="L-BFGS-B", jac=scipy.optimize.rosen_der,
        bounds=bounds, options={"ftol": 0.0, "gtol": 1e-9},
    )  # fmt: skip
    agree(ours, theirs)


def test_two_pairs_in_a_tuple_are_pairs_as_scipy_reads_them():
    bounds = ((2.0, 3.0), (-1.0, 0.0))
    ours = scipy.optimize.minimize(bowl, [2.5, -0.5], method=METHOD, bounds=bounds)
    assert np.allclose(ours.x, [2.0, 0.0])


def test_a_coordinate_between_equal_bounds_stays():
    ours = scipy.optimize.minimize(bowl, [0.0, 0.0], method=METHOD, bounds=[(0.5, 0.5), (-9, 9)])
    assert np.allclose(ours.x, [0.5, 1.0], atol=1e-5)


def test_arguments_whole_numbers_and_a_scalar_start():
    ours = scipy.optimize.minimize(bowl, [4, 5, 6, 7], args=(3.0,), method=METHOD)
    assert np.allclose(ours.x, 3.0)
    ours = scipy.optimize.minimize(bowl, 4, args=2.0, method=METHOD)
    assert ours.x.shape == (1,)
    assert np.allclose(ours.x, 2.0)


def test_a_float32_start_is_computed_in_float64():
    ours = scipy.optimize.minimize(bowl, np.zeros(4, np.float32), method=PRECISE)
    assert ours.x.dtype == np.float64
    assert ours.gradient_norm <= 1e-9


def test_basin_hopping_runs_on_it():
    def hilly(x):  # a minimum every 1.5 or so, the lowest at 0
        return np.sum(x**2 + 3.0 * (1.0 - np.cos(4.0 * x)))

    result = scipy.optimize.basinhopping(
        hilly, [3.0, -2.0], niter=30, stepsize=2.0, rng=0, minimizer_kwargs={"method": METHOD}
    )
    assert np.allclose(result.x, 0.0, atol=1e-5)


# The gradient


def test_without_one_the_gradient_is_automatic():
    ours = scipy.optimize.minimize(rosenbrock, START, method=METHOD, jac="2-point")
    assert ours.success
    # Forward differences would be off by about 1e-6 here.
    assert np.allclose(ours.jac, scipy.optimize.rosen_der(ours.x), rtol=1e-9, atol=1e-12)


def test_ones_own_gradient_is_used():
    calls = []

    def fun(x, target):
        return float(bowl(x, target))  # could not be differentiated

    def jac(x, target):
        calls.append(x.copy())
        return 2.0 * (x - target)

    ours = scipy.optimize.minimize(fun, START, args=(2.0,), method=METHOD, jac=jac)
    assert np.allclose(ours.x, 2.0)
    assert len(calls) >= ours.njev


def test_ones_own_gradient_is_not_replaced_by_the_automatic_one():
    # The gradient of another function: it leads to that function's minimum, as far as it goes.
    ours = scipy.optimize.minimize(
        bowl, np.full(4, 0.5), method=METHOD, jac=lambda x: 4.0 * (x - 1.0), options={"maxiter": 0}
    )
    assert np.allclose(ours.jac, -2.0)


def test_value_and_gradient_from_one_function():
    both = jax.value_and_grad(rosenbrock)
    evaluated = []

    def plain(x):
        evaluated.append(1)
        return scipy.optimize.rosen(x), scipy.optimize.rosen_der(x)

    compiled = scipy.optimize.minimize(both, START, method=PRECISE, jac=True)
    ours = scipy.optimize.minimize(plain, START, method=PRECISE, jac=True)
    assert compiled.success
    assert ours.success
    assert np.allclose(ours.x, compiled.x, atol=1e-6)
    assert len(evaluated) <= ours.nfev + 2


# Options


def test_scipys_options_and_tolerance_are_understood():
    few = scipy.optimize.minimize(rosenbrock, START, method=METHOD, options={"maxiter": 3})
    assert (few.nit, few.success) == (3, False)
    loose = scipy.optimize.minimize(rosenbrock, START, method=METHOD, tol=1.0)
    tight = scipy.optimize.minimize(
        rosenbrock, START, method=METHOD, tol=1.0, options={"gtol": 1e-8}
    )
    assert tight.gradient_norm <= 1e-8 < loose.gradient_norm <= 1.0


def test_options_of_a_call_go_before_those_of_the_method():
    method = talweg.as_scipy_method(maxiter=2)
    assert scipy.optimize.minimize(rosenbrock, START, method=method).nit == 2
    ours = scipy.optimize.minimize(rosenbrock, START, method=method, options={"max_iter": 4})
    assert ours.nit == 4


def test_talwegs_options_are_handed_on():
    held = [True, False, False, False]
    ours = scipy.optimize.minimize(
        rosenbrock, START, method=talweg.as_scipy_method("lbfgs", fixed=held, memory=3)
    )
    assert ours.x[0] == START[0]
    direct = talweg.minimize(rosenbrock, START, fixed=np.array(held), memory=3)
    assert np.array_equal(ours.x, direct.x)


def test_disp_prints_how_it_ended(capsys):
    scipy.optimize.minimize(bowl, START, method=METHOD)
    assert capsys.readouterr().out == ""
    ours = scipy.optimize.minimize(bowl, START, method=METHOD, options={"disp": True})
    printed = capsys.readouterr().out
    assert ours.message in printed
    assert f"{ours.nfev} evaluations" in printed


def test_unknown_names_are_errors_that_name_the_known_ones():
    with pytest.raises(TypeError, match=r"'ftol' means nothing to .*maxiter, gtol, disp.*memory"):
        scipy.optimize.minimize(bowl, START, method=METHOD, options={"ftol": 1e-9})
    with pytest.raises(TypeError, match="'momentum' means nothing to"):
        talweg.as_scipy_method("lbfgs", momentum=0.5)
    with pytest.raises(ValueError, match="method='bfgs' is unknown; choose from gradient"):
        talweg.as_scipy_method("bfgs")
    with pytest.raises(TypeError, match="maxiter and max_iter are the same option"):
        talweg.as_scipy_method(maxiter=1, max_iter=2)


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ({"hess": scipy.optimize.rosen_hess}, "hess can't be used.*Leave it out"),
        ({"hessp": scipy.optimize.rosen_hess_prod}, "hessp can't be used"),
        ({"constraints": {"type": "eq", "fun": np.sum}}, "constraints can't be used.*bounds"),
        (
            {"constraints": scipy.optimize.LinearConstraint(np.eye(4), 0.0, 1.0)},
            "constraints can't be used",
        ),
        ({"bounds": 3.0}, "bounds must be scipy.optimize.Bounds or a sequence"),
    ],
)
def test_what_can_not_be_used_is_refused(what, says):
    with pytest.raises(TypeError, match=says):
        scipy.optimize.minimize(rosenbrock, START, method=METHOD, **what)


def test_no_constraints_are_no_constraints():
    ours = scipy.optimize.minimize(bowl, START, method=METHOD, constraints=[])
    assert ours.success


# Callbacks


def test_both_of_scipys_callbacks():
    points, results = [], []

    def callback(intermediate_result):
        results.append(intermediate_result)

    ours = scipy.optimize.minimize(rosenbrock, START, method=METHOD, callback=callback)
    scipy.optimize.minimize(rosenbrock, START, method=METHOD, callback=points.append)
    assert len(results) == len(points) == ours.nit
    assert np.array_equal([each.x for each in results], points)
    assert results[-1].fun == ours.fun
    assert points[0].shape == (4,)


def test_a_callback_can_stop_it():
    def callback(intermediate_result):
        if intermediate_result.fun < 1.0:
            raise StopIteration

    ours = scipy.optimize.minimize(rosenbrock, START, method=METHOD, callback=callback)
    assert not ours.success
    assert ours.trace.fun[-1] < 1.0 <= ours.trace.fun[-2]


def test_it_can_be_sent_to_another_process_and_read():
    method = talweg.as_scipy_method("gradient", step=0.25)
    again = pickle.loads(pickle.dumps(method))
    assert repr(again) == "talweg.as_scipy_method('gradient', step=0.25)"
    assert np.allclose(scipy.optimize.minimize(bowl, START, method=again).x, 1.0)
