"""Passes: shares of the rows, progress, what is told afterwards."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.regression.tables.gathering import gather, write

from talweg.regression.tables import Encoding, open_table
from talweg.regression.tables.splitting import Share


@given(st.floats(0.001, 0.999), st.integers(0, 2**40), st.integers(0, 3000), st.integers(0, 2000))
def test_a_share_is_kept_to_within_a_row_wherever_it_is_cut(
    fraction: float, seed: int, count: int, cut: int
) -> None:
    held_out = Share(fraction, seed, True)
    mask = held_out.mask(2, 0, count)
    assert abs(mask.sum() - fraction * count) <= 1 + 1e-6
    cut = min(cut, count)
    pieces = [held_out.mask(2, 0, cut), held_out.mask(2, cut, count - cut)]
    np.testing.assert_array_equal(np.concatenate(pieces), mask)
    np.testing.assert_array_equal(Share(fraction, seed, False).mask(2, 0, count), ~mask)


def test_a_share_is_drawn_evenly_and_anew_for_each_seed_and_file() -> None:
    places = np.concatenate(
        [np.flatnonzero(Share(0.1, seed, True).mask(0, 0, 10_000)) % 10 for seed in range(5)]
    )
    assert stats.chisquare(np.bincount(places, minlength=10)).pvalue > 1e-3
    first = Share(0.1, 0, True).mask(0, 0, 10_000)
    for other in (Share(0.1, 1, True).mask(0, 0, 10_000), Share(0.1, 0, True).mask(1, 0, 10_000)):
        assert 50 < np.sum(first & other) < 150  # 100 expected of independent draws


def test_the_two_shares_are_the_table_at_every_pass_and_in_every_part(tmp_path: Path) -> None:
    n = 20_000
    x = np.arange(n, dtype=float)
    pq.write_table(pa.table({"x": x, "y": x}), tmp_path / "t.parquet", row_group_size=3_333)
    table = open_table(tmp_path / "t.parquet", "y")
    training, held_out = table.split(0.3, seed=7)
    test = gather(held_out)[0][0]
    assert abs(len(test) - 0.3 * n) <= 1
    np.testing.assert_array_equal(gather(held_out)[0][0], test)
    np.testing.assert_array_equal(np.union1d(gather(training)[0][0], test), x)
    parts = [pickle.loads(pickle.dumps(part)) for part in held_out.parts()]
    np.testing.assert_array_equal(np.concatenate([gather(p)[0][0] for p in parts]), test)
    whole, apart = open_table({"x": x, "y": x}, "y"), table.split(0.3, seed=8)[1]
    np.testing.assert_array_equal(gather(whole.split(0.3, seed=7)[1])[0][0], test)
    assert not np.array_equal(gather(apart)[0][0], test)
    with pytest.raises(ValueError, match=r"fraction is 1\.5"):
        table.split(1.5)


def test_errors_in_a_share_name_the_row_in_the_file() -> None:
    x = np.ones(1_000)
    held_out = np.flatnonzero(Share(0.2, 0, True).mask(0, 0, 1_000))
    x[held_out[7]] = np.nan
    training, test = open_table({"x": x, "y": np.ones(1_000)}, "y").split(0.2)
    gather(training)
    with pytest.raises(ValueError, match=f"row {held_out[7] + 1},"):
        gather(test)


def test_progress_by_rows_and_bytes(tmp_path: Path) -> None:
    n = 50_000
    rng = np.random.default_rng(0)
    frame = pa.table({"x": rng.random(n), "z": rng.random(n), "y": rng.random(n)})
    pq.write_table(frame, tmp_path / "t.parquet", row_group_size=10_000)
    write(tmp_path / "t.csv", "x,y\n" + "1,2\n" * n)
    for source in (tmp_path / "t.parquet", tmp_path / "t.csv", frame, rng.random((n, 2))):
        table = open_table(source, 1 if isinstance(source, np.ndarray) else "y")
        seen = []
        table.progress(lambda watch, seen=seen: seen.append((watch.rows, watch.bytes)))
        done = [table.bytes_done for _ in table.blocks()]
        assert done == sorted(done)
        assert 0 < done[0] <= done[-1] <= table.bytes_total
        assert seen[-1] == (n, table.bytes_total)
        assert table.rows_total == table.rows_done == n
        table.progress(None)
        gather(table)
        assert table.rows_done == n


def test_integers_that_float64_rounds_are_noted(tmp_path: Path) -> None:
    big = 2**53 + 1
    csv = write(tmp_path / "t.csv", f"id,x,y\n{big},1e20,1\n2,1e20,1\n")
    for source in (
        csv,
        {"id": [big, 2], "x": [1e20, 1], "y": [1, 1]},
        np.array([[big, 1], [2, 3]]),
    ):
        table = open_table(source, 1 if isinstance(source, np.ndarray) else "y")
        gather(table)
        name = table.names[0]
        assert table.notes == (
            f"column {name!r} holds integers beyond 2^53, which are rounded to float64",
        )
    small = open_table({"id": [2**50, 2], "y": [1, 1]}, "y")
    gather(small)
    assert small.notes == ()


def test_an_encoding_survives_json_and_reads_a_new_file_alike(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "zip,city,x,y\n01,b,1,2\n02,a,2,3\n10,å,3,4\n")
    table = open_table(path, "y", categorical=["zip"])
    assert table.names == ("zip=02", "zip=10", "city=b", "city=å", "x")
    encoding = Encoding.from_json(json.loads(json.dumps(table.encoding.to_json())))
    assert encoding == table.encoding
    new = write(tmp_path / "new.csv", "x,city,extra,zip\n3,å,2020-01-01,10\n2,a,2020-01-01,02\n")
    columns, target = gather(open_table(new, None, encoding=encoding))
    assert columns.T.tolist() == [[0, 1, 0, 1, 3], [1, 0, 0, 0, 2]]
    assert target.tolist() == [0, 0]


def test_levels_of_numbers_are_in_the_order_of_numbers() -> None:
    frame = {"k": [10, 9, 2, 10], "f": [2.5, 10.0, None, 2.5], "y": [1, 1, 1, 1]}
    table = open_table(frame, "y", categorical=["k", "f"], missing="drop")
    assert table.names == ("k=9", "k=10", "f=10")
    assert gather(table)[0].tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
