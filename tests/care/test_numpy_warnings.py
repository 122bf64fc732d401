"""A NumPy function that is undefined at a trial: neither a warning nor an error of NumPy's."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from tests.care.checks import SEARCHING

import talweg


def barrier(x):
    return -np.log(x[0]) + 3.0 * x[0] + (x[1] - 1.0) ** 2


def overflow(x):
    return np.sum(np.exp(x) - x)


@pytest.mark.parametrize("method", SEARCHING)
@pytest.mark.parametrize(
    ("fun", "start", "minimum"),
    [(barrier, (20.0, 20.0), 1.0 + np.log(3.0)), (overflow, (-1e3, 2.0), 2.0)],
    ids=["a logarithm", "an exponential"],
)
def test_a_trial_that_is_turned_down_warns_of_nothing(fun, start, minimum, method):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = talweg.minimize(fun, start, method=method)
    assert [str(one.message) for one in caught] == []
    assert result.fun == pytest.approx(minimum)


def test_a_caller_who_makes_numpy_raise_gets_the_minimum_too():
    with np.errstate(all="raise"):
        result = talweg.minimize(barrier, (20.0, 20.0))
        assert np.geterr()["invalid"] == "raise"
    assert result.fun == pytest.approx(1.0 + np.log(3.0))


def test_numpy_s_settings_are_the_caller_s_own_before_between_and_after():
    before = np.geterr()
    for _ in talweg.descend(barrier, (20.0, 20.0)):
        assert np.geterr() == before
    assert np.geterr() == before


def test_a_warning_of_the_function_s_own_comes_through():
    def fun(x):
        warnings.warn("mine", UserWarning, stacklevel=1)
        return np.linalg.norm(x) ** 2

    with pytest.warns(UserWarning, match="mine"):
        talweg.minimize(fun, (1.0, 2.0), max_iter=1)


def test_a_start_outside_the_domain_is_an_error_without_a_warning():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(ValueError, match="the objective is nan at x0"):
            talweg.minimize(barrier, (-1.0, 2.0))
    assert [str(one.message) for one in caught] == []
