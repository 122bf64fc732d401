"""check_gradient: finds wrong gradients, passes right ones, and says which is which."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

import talweg

POINT = np.linspace(-1.0, 1.5, 6)


def rosenbrock(x):
    return jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def bowl(x):
    return np.sum(x**2)


def off_at(index, by):
    def gradient(x):
        slope = 2.0 * x
        slope[index] += by
        return slope

    return gradient


def names(check):
    return [each.coordinate for each in check.disagreements]


def test_the_automatic_gradient_of_a_jax_function_is_right():
    check = talweg.check_gradient(rosenbrock, POINT)
    assert check
    assert check.ok is True
    assert check.error < 1e-13
    assert (check.method, check.checked, check.size) == ("complex step", 6, 6)
    assert "agrees at all 6 coordinates" in str(check)


def test_a_gradient_from_a_textbook_is_right_and_with_a_slip_of_sign_is_not():
    assert talweg.check_gradient(rosenbrock, POINT, gradient=scipy.optimize.rosen_der)

    def slip(x):  # the last coordinate's term with the wrong sign
        slope = scipy.optimize.rosen_der(x)
        slope[-1] = -slope[-1]
        return slope

    check = talweg.check_gradient(rosenbrock, POINT, gradient=slip)
    assert not check
    assert names(check) == ["x0[5]"]
    (wrong,) = check.disagreements
    true = scipy.optimize.rosen_der(POINT)[5]
    assert wrong.index == 5
    assert wrong.gradient == pytest.approx(-true)
    assert wrong.expected == pytest.approx(true)
    assert wrong.error == pytest.approx(2.0)
    assert "x0[5]" in str(check).splitlines()[-1]


@pytest.mark.parametrize("by", [1e-3, 2e-5])
@pytest.mark.parametrize("fun", [bowl, lambda x: np.sum(np.abs(x) * np.abs(x))])
def test_a_small_error_is_found_by_either_method(fun, by):
    check = talweg.check_gradient(fun, POINT, gradient=off_at(3, by))
    assert names(check) == ["x0[3]"]
    assert check.disagreements[0].expected == pytest.approx(2.0 * POINT[3], rel=1e-8)


def test_where_the_complex_step_would_be_wrong_differences_are_taken():
    # The modulus of a complex number is not analytic, and its complex slope is zero.
    check = talweg.check_gradient(lambda x: np.sum(np.abs(x) ** 3), POINT)
    assert check
    assert check.method == "central differences"
    assert check.error < 1e-8


def test_a_function_that_takes_no_complex_numbers_is_checked_too():
    def fun(x):
        return sum(float(each) ** 4 for each in x)

    assert talweg.check_gradient(fun, POINT, gradient=lambda x: 4.0 * x**3)
    assert not talweg.check_gradient(fun, POINT, gradient=lambda x: 4.0 * x**2)


def test_nan_and_infinity_are_named():
    def gradient(x):
        return np.array([2.0 * x[0], np.nan, np.inf])

    check = talweg.check_gradient(bowl, [1.0, 2.0, 3.0], gradient=gradient)
    assert names(check) == ["x0[1]", "x0[2]"]
    assert check.error == np.inf
    assert str(check).count("not finite") == 2


def test_a_norm_at_zero_has_no_automatic_gradient():
    check = talweg.check_gradient(np.linalg.norm, np.zeros(2))
    assert names(check) == ["x0[0]", "x0[1]"]


# Kinks


def test_a_kink_is_named_and_what_lies_between_its_slopes_is_right():
    def fun(x):
        return np.sum(np.abs(x)) + 2.0 * x[1]

    check = talweg.check_gradient(fun, [0.5, 0.0, -0.5])
    assert check
    (kink,) = check.kinks
    assert kink.coordinate == "x0[1]"
    assert (kink.left, kink.right) == pytest.approx((1.0, 3.0))
    assert "Not differentiable at x0[1], a kink" in str(check)


def test_what_lies_outside_a_kinks_slopes_is_wrong():
    check = talweg.check_gradient(
        lambda x: np.abs(x[0]), [0.0], gradient=lambda x: np.array([1.01])
    )
    assert not check
    assert check.disagreements[0].note == "at a kink"
    assert check.disagreements[0].expected == pytest.approx(1.0)


@pytest.mark.parametrize(
    "fun",
    [
        lambda x: np.sum(np.abs(x) ** 1.5),  # slopes that meet, but slowly
        lambda x: np.sum(np.abs(x) * x),  # a kink in the slope
        lambda x: np.sum(np.abs(x - 1e-4)),  # a kink nearby
    ],
)
def test_what_is_differentiable_is_no_kink(fun):
    check = talweg.check_gradient(fun, np.zeros(2))
    assert check
    assert not check.kinks


# Scales


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 1e6])
def test_steps_suit_the_scale_of_the_point(scale):
    def fun(x):
        return np.sum(np.log(1.0 + np.abs(x / scale) ** 3))

    assert talweg.check_gradient(fun, scale * np.array([0.3, -1.0, 2.0]))


def test_a_logarithm_close_to_its_edge():
    x = [1e-8, 3.0]
    assert talweg.check_gradient(lambda x: np.sum(np.log(x)), x, gradient=lambda x: 1.0 / x)
    check = talweg.check_gradient(lambda x: np.sum(np.log(x)), x, gradient=lambda x: 1.001 / x)
    assert names(check) == ["x0[0]", "x0[1]"]


def test_a_stationary_point_under_a_large_value():
    assert talweg.check_gradient(lambda x: 1e6 + np.sum((np.abs(x) - 1.0) ** 2), np.ones(3))


def test_noise_decides_nothing_and_is_not_mistaken_for_agreement():
    rng = np.random.default_rng(5)

    def noisy(x):
        return float(np.sum(np.sin(x))) + 1e-3 * rng.normal()

    check = talweg.check_gradient(noisy, np.ones(3), gradient=np.cos)
    assert not check
    assert "could not be checked" in str(check)
    assert "undecided" in str(check)


# Many coordinates


def test_all_of_few_coordinates_and_some_of_many():
    assert talweg.check_gradient(bowl, np.ones(200)).checked == 200
    check = talweg.check_gradient(bowl, np.ones(300), coordinates=50)
    assert check
    assert (check.checked, check.size, check.directions) == (50, 300, 4)
    assert "the 50 coordinates checked, of 300 in all" in str(check)


def test_an_error_at_one_of_many_coordinates_is_tracked_down():
    check = talweg.check_gradient(
        bowl, np.ones(20_000), gradient=off_at(12_345, 0.1), coordinates=5
    )
    assert names(check)[0] == "x0[12345]"
    assert check.checked == 6


def test_an_infinite_component_among_many_is_found():
    check = talweg.check_gradient(
        bowl, np.ones(20_000), gradient=off_at(12_345, np.inf), coordinates=5
    )
    assert names(check) == ["x0[12345]"]


def test_coordinates_of_ones_choosing():
    wrong = off_at(3, 1.0)
    assert talweg.check_gradient(bowl, POINT, gradient=wrong, coordinates=[0, 5, 5])
    check = talweg.check_gradient(bowl, POINT, gradient=wrong, coordinates=np.array([3]))
    assert (names(check), check.checked, check.directions) == (["x0[3]"], 1, 0)


def test_a_seed_repeats_the_choice():
    checks = [talweg.check_gradient(bowl, np.arange(300.0), coordinates=3, rng=7) for _ in range(2)]
    assert checks[0] == checks[1]


# Points and gradients of any form


def test_a_nest_names_its_coordinates():
    x = {"w": np.ones((2, 3)), "b": 2.0}

    def gradient(p):
        return {"w": 2.0 * p["w"] * p["b"] + np.eye(2, 3)[::-1], "b": 6.0}

    def fun(p):
        return np.sum(p["w"] ** 2) * p["b"]

    assert talweg.check_gradient(fun, x)
    check = talweg.check_gradient(fun, x, gradient=gradient)
    assert names(check) == ["x0['w'][0, 1]", "x0['w'][1, 0]"]
    assert [each.index for each in check.disagreements] == [2, 4]


def test_arguments_reach_function_and_gradient():
    def fun(x, a, b):
        return np.sum(a * x**2) + b

    assert talweg.check_gradient(fun, POINT, 3.0, 1.0, gradient=lambda x, a, b: 2.0 * a * x)


def test_value_and_gradient_from_one_function():
    assert talweg.check_gradient(lambda x: (bowl(x), 2.0 * x), POINT, gradient=True)
    assert not talweg.check_gradient(lambda x: (bowl(x), 3.0 * x), POINT, gradient=True)


def test_a_jax_function_with_a_gradient_of_its_own_that_is_wrong():
    @jax.custom_jvp
    def cube(x):
        return x**3

    cube.defjvp(lambda x, t: (cube(x[0]), 2.0 * x[0] ** 2 * t[0]))
    check = talweg.check_gradient(lambda x: jnp.sum(cube(x)), np.array([1.0, 2.0]))
    assert names(check) == ["x0[0]", "x0[1]"]
    assert [each.expected for each in check.disagreements] == pytest.approx([3.0, 12.0])


def test_a_float32_point_is_checked_in_float64():
    x = POINT.astype(np.float32)
    check = talweg.check_gradient(rosenbrock, x)
    assert check
    assert check.error < 1e-13


def test_a_function_that_rounds_to_float32_is_given_a_wider_tolerance():
    def fun(x):
        return jnp.sum(jnp.sin(x.astype(jnp.float32)))

    check = talweg.check_gradient(fun, POINT)
    assert check
    assert check.tolerance == 1e-3
    assert not talweg.check_gradient(fun, POINT, gradient=lambda x: 1.1 * np.cos(x))


def test_the_point_stays_as_it_was():
    x = POINT.copy()

    def spoils(x):
        x *= 2.0
        return float(x[0] + x[1])

    def gradient(x):
        x[:] = 7.0
        return np.array([2.0, 2.0, 0.0, 0.0, 0.0, 0.0])

    assert talweg.check_gradient(spoils, x, gradient=gradient)
    assert np.array_equal(x, POINT)


# What can't be used


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"gradient": lambda x: x[:, None]}, ValueError, r"the gradient has the shape \(6, 1\)"),
        ({"gradient": lambda x: 1.0}, ValueError, r"the gradient has the shape \(\)"),
        ({"gradient": lambda x: 1j * x}, TypeError, "complex128, not a real one"),
        ({"gradient": 3}, TypeError, "gradient must be callable, not int"),
        ({"gradient": True}, TypeError, "must return its value and its gradient, not a float64"),
        ({"coordinates": 0}, ValueError, "check at least 1"),
        ({"coordinates": [6]}, ValueError, "the index 6; those of the flattened x are 0 to 5"),
        ({"coordinates": [0.5]}, TypeError, "a whole number"),
        ({"coordinates": True}, TypeError, "a whole number"),
        ({"tolerance": 0.0}, ValueError, "tolerance is 0.0"),
        ({"tolerance": "high"}, ValueError, "tolerance is 'high'"),
    ],
)
def test_options_that_can_not_be_used(options, error, says):
    with pytest.raises(error, match=says):
        talweg.check_gradient(bowl, POINT, **options)


def test_values_that_can_not_be_used():
    def ones(x):
        return np.ones_like(x)

    with pytest.raises(ValueError, match="the objective is nan at x"):
        talweg.check_gradient(lambda x: np.sum(x) * np.nan, POINT, gradient=ones)
    with pytest.raises(ValueError, match=r"an array of shape \(6,\)"):
        talweg.check_gradient(lambda x: x**2, POINT, gradient=ones)
    with pytest.raises(TypeError, match="write it with floats"):
        talweg.check_gradient(bowl, np.arange(3))
    with pytest.raises(TypeError, match="the objective must be callable, not int"):
        talweg.check_gradient(3, POINT)


def test_a_long_list_is_cut():
    check = talweg.check_gradient(bowl, np.ones(100), gradient=lambda x: 3.0 * x)
    assert len(check.disagreements) == 100
    assert "... and 80 more disagreements" in str(check)
    assert len(str(check).splitlines()) < 30
