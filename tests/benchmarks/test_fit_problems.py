"""The data of the benchmark of fitting, against what they were made from, and its judges."""

import numpy as np
import pytest
import scipy.special
from benchmarks import fit
from benchmarks.fit_digits import design, digits
from benchmarks.fit_measure import measured
from benchmarks.fit_problems import (
    INTERCEPT,
    NOISE,
    Case,
    coefficients,
    logistic_gradient,
    write_case,
    write_parquet,
)
from benchmarks.fit_solvers import SOLVERS
from benchmarks.fit_tables import memory_table, parquet_table
from scipy.optimize import approx_fprime


@pytest.fixture(scope="module")
def linear(tmp_path_factory):
    return write_case(tmp_path_factory.mktemp("linear"), "linear", 3000)


def solver(name):
    return next(each for each in SOLVERS if each.name == name)


def exact(case):
    return np.linalg.lstsq(np.hstack([case.x, np.ones((case.rows, 1))]), case.y, rcond=None)[0]


def test_the_linear_problem_is_what_it_says(linear):
    assert linear.x.shape == (3000, 20)
    assert linear.x.flags.c_contiguous
    found = exact(linear)
    error = 5 * NOISE / np.sqrt(3000)  # five standard errors
    np.testing.assert_allclose(found, np.append(coefficients(), INTERCEPT), atol=error)


def test_the_parquet_file_holds_the_linear_problem(tmp_path, monkeypatch):
    pq = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr("benchmarks.fit_problems.ROW_GROUP", 1000)
    case = write_parquet(tmp_path / "table.parquet", 2500)
    assert [path.name for path in tmp_path.iterdir()] == ["table.parquet"]
    metadata = pq.read_metadata(case.place)
    groups = [metadata.row_group(k).num_rows for k in range(metadata.num_row_groups)]
    assert groups == [1000, 1000, 500]
    table = pq.read_table(case.place)
    assert table.column_names == [*case.names, "y"]
    x = np.column_stack([table[name].to_numpy() for name in case.names])
    residual = table["y"].to_numpy() - x @ coefficients() - INTERCEPT
    assert residual.std() == pytest.approx(NOISE, rel=0.1)
    assert len(np.unique(x)) == x.size  # no group is the same as another


def test_the_judge_of_the_logistic_problem_against_differences(tmp_path):
    case = write_case(tmp_path, "logistic", 500)
    assert set(np.unique(case.y)) == {0.0, 1.0}
    point = np.random.default_rng(3).standard_normal(101) / 10

    def objective(b):
        eta = case.x @ b[:-1] + b[-1]
        losses = scipy.special.xlogy(1 - case.y, 1.0) - scipy.special.log_expit(
            np.where(case.y == 1.0, eta, -eta)
        )
        return losses.mean() + 0.3 / 2 * b[:-1] @ b[:-1]

    slope = approx_fprime(point, objective, 1e-7)
    assert logistic_gradient(case, point, 0.3) == pytest.approx(np.abs(slope).max(), rel=1e-4)


def test_solvers_have_names_of_their_own():
    names = [each.name for each in SOLVERS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["lstsq", "ridge", "talweg"])
def test_fits_give_the_intercept_last(linear, name):
    each = solver(name)
    try:
        run = each.prepare(Case(linear.place, linear.rows))
    except ImportError as error:
        pytest.skip(str(error))
    # A penalty of 1 on 3000 rows moves Ridge's by a few in ten thousand.
    np.testing.assert_allclose(run(), exact(linear), rtol=2e-3 if name == "ridge" else 1e-10)


def test_a_fresh_process_is_measured(linear):
    record = measured(solver("sum"), linear)
    assert record["coefficients"] is None
    assert 3 <= record["calls"] <= 20
    assert 0 < record["warm"] <= record["wall"] * 1.5 + 0.01
    assert record["before"] <= record["peak"] + 1
    failed = measured(solver("sum"), Case(linear.place / "nowhere", 10))
    assert set(failed) == {"solver", "error"}
    assert "nowhere" in failed["error"]


def record_of(warm, peak=100.0, **more):
    return {
        "warm": warm, "wall": warm, "first": 2 * warm, "import": 0.5, "before": 50.0,
        "peak": peak, "coefficients": None, **more,
    }  # fmt: skip


def test_the_memory_table_judges(linear):
    names = ("sum", "talweg", "ridge", "glum")
    off = list(exact(linear) * (1 + 3e-12))
    records = {
        "sum": record_of(0.01), "talweg": record_of(0.05, coefficients=off),
        "ridge": record_of(0.1), "glum": {"solver": "glum", "error": "no"},
    }  # fmt: skip
    text = memory_table(linear, [solver(name) for name in names], records, exact(linear))
    assert "glum (failed) | - |" in text
    assert "at most 1e-12: 3.0e-12 (missed)" in text
    assert "at most 0.6: 0.50\n" in text
    assert "at most 6: 5.00\n" in text


def test_the_parquet_table_judges():
    names = ("decoding", "talweg_parquet")
    records = {"decoding": record_of(2.0), "talweg_parquet": record_of(3.2, peak=390.0)}
    small = {"decoding": record_of(0.1), "talweg_parquet": record_of(0.2, peak=380.0)}
    solvers = [solver(name) for name in names]
    text = parquet_table((15_000_000, 1_000_000), 2_520_000_000, solvers, records, small)
    assert "nan" not in parquet_table((15, 1), 9, solvers[:1], records | {"talweg_parquet": {}}, {})
    assert "2.52 GB" in text
    assert "CPU time, at most 1.5: 1.60 (missed)" in text
    assert "at the peak, at most 400: 409 (missed)" in text
    assert "peak of 1 million rows, at most 1.1: 1.03\n" in text


def test_digits_and_designs():
    assert digits(np.array([1.001, 2.0]), np.array([1.0, 2.0])) == pytest.approx(3.0, abs=1e-9)
    assert digits(np.array([1.0]), np.array([1.0])) == 15.0
    assert digits(np.array([9.0, np.nan]), np.array([1.0, 1.0])) == 0.0
    x = np.array([[2.0], [3.0]])
    np.testing.assert_array_equal(design(x, "poly3"), [[2.0, 4.0, 8.0], [3.0, 9.0, 27.0]])
    assert design(x, "lin1") is x


def test_options():
    assert all(getattr(fit.parse([]), part) for part in fit.PARTS)
    options = fit.parse(["--digits"])
    assert [part for part in fit.PARTS if getattr(options, part)] == ["digits"]
    with pytest.raises(SystemExit):
        fit.parse(["--rows", "3"])
