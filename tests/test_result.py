"""What a minimisation returns."""

import copy
import pickle

import numpy as np
import pytest
import scipy.optimize

import talweg


def bowl(x):
    return np.linalg.norm(x - np.array([1.0, -2.0])) ** 2


@pytest.fixture(scope="module")
def result():
    return talweg.minimize(bowl, [5.0, 5.0], method="gradient", step=0.1, max_iter=20)


def test_is_scipys_optimize_result(result):
    assert isinstance(result, talweg.Result)
    assert isinstance(result, scipy.optimize.OptimizeResult)
    assert isinstance(result, dict)
    assert result["x"] is result.x
    keys = {"x", "fun", "jac", "nit", "nfev", "njev", "status", "success", "message"}
    assert set(result) >= keys | {"trace", "gradient_norm"}


def test_its_numbers_agree_with_each_other(result):
    assert result.fun == pytest.approx(bowl(result.x))
    assert np.allclose(result.jac, 2.0 * (result.x - np.array([1.0, -2.0])))
    assert result.gradient_norm == pytest.approx(np.abs(result.jac).max())
    assert type(result.status) is int
    assert type(result.success) is bool
    assert type(result.message) is str
    assert (result.nit, result.nfev, result.njev) == (20, 21, 21)


def test_its_trace_has_an_entry_for_every_iterate(result):
    trace = result.trace
    assert len(trace) == result.nit + 1
    for field in ("iteration", "fun", "gradient_norm", "step", "evaluations", "seconds"):
        assert getattr(trace, field).shape == (21,)
    assert np.array_equal(trace.iteration, np.arange(21))
    assert np.array_equal(trace.evaluations, np.arange(1, 22))
    assert np.all(np.diff(trace.fun) < 0.0)
    assert np.all(np.diff(trace.seconds) >= 0.0)
    assert trace.step[0] == 0.0
    assert np.allclose(trace.fun, 65.0 * 0.64 ** np.arange(21))
    assert np.allclose(trace.step[1:], np.sqrt(65.0 / 2.0) * 0.2 * 0.8 ** np.arange(20))


def test_it_can_be_read(result):
    text = repr(result)
    assert "message: stopped after max_iter=20" in text
    assert f"Trace(21 iterates, fun 65 -> {result.fun:.6g})" in text
    assert "\n" in text


def test_it_can_be_kept(result):
    again = pickle.loads(pickle.dumps(result))
    assert type(again) is talweg.Result
    assert np.array_equal(again.x, result.x)
    assert np.array_equal(again.trace.fun, result.trace.fun)


def test_it_can_be_copied(result):
    for again in (copy.copy(result), copy.deepcopy(result), result.copy()):
        assert type(again) is talweg.Result
        assert again is not result
        assert np.array_equal(again.x, result.x)
    again.x = None
    assert result.x is not None


def test_it_lists_its_keys_and_what_it_can_do(result):
    assert {"x", "trace", "plot", "copy", "keys"} <= set(dir(result))


def test_an_empty_trace_says_so():
    empty = talweg.Trace(*[np.zeros(0)] * 6)
    assert len(empty) == 0
    assert repr(empty) == "Trace(empty)"


@pytest.mark.parametrize("status", talweg.Status)
def test_only_converged_settled_and_completed_are_a_success(status):
    assert status.success == (status.name in ("CONVERGED", "SETTLED", "COMPLETED"))


def test_scalars_stay_scalars():
    result = talweg.minimize(lambda x: (x - 3.0) ** 2, 0.0)
    assert type(result.x) is np.float64
    assert result.x == pytest.approx(3.0)
