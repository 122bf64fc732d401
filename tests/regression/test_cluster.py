"""Sums over the parts of a table on two workers: against one process, closed forms, and deaths."""

from __future__ import annotations

import dataclasses
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from talweg.errors import TableError
from talweg.regression.cluster import (
    connected,
    gather_factor_on,
    gather_moments_on,
    reduce_parts,
    sum_over_parts,
)
from talweg.regression.rows import ArrayRows, Block

distributed = pytest.importorskip("distributed")


@dataclasses.dataclass(frozen=True)
class Piecewise:
    """Rows in memory, in several parts."""

    pieces: tuple[ArrayRows, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return self.pieces[0].names

    def blocks(self) -> Iterator[Block]:
        for piece in self.pieces:
            yield from piece.blocks()

    def parts(self) -> list[ArrayRows]:
        return list(self.pieces)


def piecewise(count: int = 11, rows: int = 37, columns: int = 4) -> Piecewise:
    rng = np.random.default_rng(5)
    return Piecewise(
        tuple(
            ArrayRows(
                rng.standard_normal((rows + k, columns)) * 10.0 ** np.arange(columns) + 100.0,
                rng.standard_normal(rows + k),
                rng.random(rows + k),
            )
            for k in range(count)
        )
    )


@pytest.fixture(scope="module")
def client():
    dask = pytest.importorskip("dask")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        distributed.LocalCluster(**options, silence_logs=logging.CRITICAL) as cluster,
        distributed.Client(cluster, set_as_default=False) as opened,
    ):
        yield opened


def shout(text, scale):
    return (scale * len(text), np.full(2, float(len(text))), [text])


def die_once(number, marker):
    if number == 4 and not Path(marker).exists():
        Path(marker).touch()
        os._exit(1)
    return (np.exp(number / 3),)


def always_die(number):
    os._exit(1)


def refuse(number):
    if number in {2, 3}:
        raise ZeroDivisionError(f"number {number} is odd")
    return (number,)


def read(path):
    return (Path(path).read_text(),)


def refuse_table(number):
    raise TableError("table.csv, row 7: a word where a number should be")


def quarrel(number):
    import a_module_that_is_nowhere  # noqa: F401


def list_blocks(rows):
    return list(rows.blocks())


def nest(a, b):
    return f"({a}{b})"


def letter(number):
    return "abcdefghijklmnopqrst"[number]


def test_sums_of_any_kind_in_the_order_of_the_parts(client):
    words = ["one", "three", "eleven", "", "a"] * 5
    told = []
    numbers, arrays, lists = sum_over_parts(
        client, shout, words, 2.0, tell=lambda done, of: told.append((done, of))
    )
    assert numbers == 2.0 * sum(map(len, words))
    np.testing.assert_array_equal(arrays, np.full(2, float(sum(map(len, words)))))
    assert lists == words
    assert told == [(k + 1, 25) for k in range(25)]


def test_the_tree_has_the_same_shape_every_time(client):
    # Eight at a time, from left to right: ((((((ab)c)d)e)f)g)h) and so on, then those three.
    merged = reduce_parts(client, letter, range(18), merge=nest)
    assert merged == "(((((((((ab)c)d)e)f)g)h)(((((((ij)k)l)m)n)o)p))(qr))"
    assert reduce_parts(client, letter, [0], merge=nest) == "a"


def test_moments_are_those_of_one_process(client):
    moments = pytest.importorskip("talweg.regression.squares.moments")
    rows = piecewise()
    alone = moments.gather_moments(rows)
    together = gather_moments_on(client, rows)
    x = np.concatenate([np.column_stack([piece.x, piece.y]) for piece in rows.pieces])
    weight = np.concatenate([piece.weight for piece in rows.pieces])
    assert together.rows == alone.rows == len(x)
    np.testing.assert_allclose(together.mean, np.average(x, axis=0, weights=weight), rtol=1e-13)
    scale = np.sqrt(np.diag(alone.products))
    difference = (together.products - alone.products) / np.outer(scale, scale)
    assert np.abs(difference).max() < 1e-13
    covariance = np.cov(x.T, aweights=weight, ddof=0) * weight.sum()
    difference = (together.products - covariance) / np.outer(scale, scale)
    assert np.abs(difference).max() < 1e-12


def test_the_triangle_is_that_of_all_rows(client):
    pytest.importorskip("talweg.regression.squares.triangular")
    rows = piecewise(count=9)
    x = np.concatenate([np.column_stack([piece.x, piece.y]) for piece in rows.pieces])
    weight = np.concatenate([piece.weight for piece in rows.pieces])
    centre, scale = np.full(5, 99.0), 4.0 ** np.arange(5)
    factor = gather_factor_on(client, rows, centre, scale)
    expected = np.linalg.qr(np.sqrt(weight)[:, None] * (x - centre) / scale, mode="r")
    np.testing.assert_array_equal(factor, np.triu(factor))
    np.testing.assert_allclose(np.abs(factor), np.abs(expected), rtol=1e-11)


def test_a_worker_that_dies_half_way_changes_nothing(client, tmp_path):
    marker = tmp_path / "died"
    (survived,) = sum_over_parts(client, die_once, list(range(20)), str(marker))
    assert marker.exists()
    (alive,) = sum_over_parts(client, die_once, list(range(20)), str(marker))
    assert survived == alive
    ratio = np.exp(1 / 3)
    assert alive == pytest.approx((ratio**20 - 1) / (ratio - 1), rel=1e-14)


def test_a_part_that_kills_every_worker_is_named(client):
    with pytest.raises(TableError, match=r"part 1 of 1: 2 workers died .* too little memory"):
        sum_over_parts(client, always_die, [0])
    client.wait_for_workers(2, timeout=60)


def test_an_address_will_do_and_the_callers_client_stays_open(client):
    address = client.scheduler.address
    with connected(address) as made:
        assert made is not client
        assert sum_over_parts(made, refuse, [0, 1]) == (1,)
    assert made.status == "closed"
    assert sum_over_parts(address, refuse, [0, 1]) == (1,)
    assert client.status == "running"


def test_what_a_part_raises_is_told_with_its_place(client, tmp_path):
    with pytest.raises(TableError, match=r"part \d of 5: ZeroDivisionError: number . is odd"):
        sum_over_parts(client, refuse, list(range(5)))
    with pytest.raises(TableError, match=r"^table.csv, row 7: a word where a number should be$"):
        sum_over_parts(client, refuse_table, [1])
    with pytest.raises(TableError, match=r"nowhere.txt: a worker doesn't see this file; every"):
        sum_over_parts(client, read, [str(tmp_path / "nowhere.txt")])
    with pytest.raises(TableError, match=r"worker can't import .*a_module_that_is_nowhere"):
        sum_over_parts(client, quarrel, [1])
    assert sum_over_parts(client, refuse, [0, 1]) == (1,)  # and it is as good as before


@pytest.fixture(scope="module")
def parquet(tmp_path_factory):
    """Write 900 rows in nine row groups."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rng = np.random.default_rng(11)
    x = rng.standard_normal((900, 3)) * [1.0, 30.0, 0.01] + [0.0, 500.0, 7.0]
    y = x @ [2.0, -0.1, 40.0] + 3.0 + rng.standard_normal(900)
    path = tmp_path_factory.mktemp("cluster") / "table.parquet"
    table = pa.table({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": y})
    pq.write_table(table, path, row_group_size=100)
    return path, np.column_stack([x, np.ones(900)]), y


def test_least_squares_of_a_parquet_file(client, parquet):
    tables = pytest.importorskip("talweg.regression.tables")
    least_squares = pytest.importorskip("talweg.regression.squares.least_squares").least_squares
    path, x, y = parquet
    rows = tables.open_table(path, "y")
    assert len(rows.parts()) == 9
    alone = least_squares(rows)
    moments = gather_moments_on(client, rows)
    together = least_squares(rows, moments=moments)
    np.testing.assert_allclose(together.coefficients, alone.coefficients, rtol=1e-12)
    expected = np.linalg.lstsq(x, y, rcond=None)[0]
    np.testing.assert_allclose(together.coefficients, expected[:3], rtol=1e-11)
    assert together.intercept == pytest.approx(expected[3], rel=1e-10)


def quarrelling(a, b):
    raise ArithmeticError("no peace")


def test_what_a_merge_raises(client):
    with pytest.raises(TableError, match=r"^merging the parts: ArithmeticError: no peace$"):
        reduce_parts(client, letter, range(3), merge=quarrelling)


def test_what_tell_raises_ends_it(client):
    def stop(done, of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reduce_parts(client, letter, range(20), merge=nest, tell=stop)
    assert reduce_parts(client, letter, range(2), merge=nest) == "(ab)"


def test_a_file_that_workers_do_not_see(client, parquet):
    tables = pytest.importorskip("talweg.regression.tables")
    hidden = parquet[0].with_name("hidden.parquet")
    hidden.write_bytes(parquet[0].read_bytes())
    rows = tables.open_table(hidden, "y")
    parts = rows.parts()
    hidden.unlink()
    with pytest.raises(TableError, match=r"hidden.parquet: a worker doesn't see this file; every"):
        reduce_parts(client, list_blocks, parts, merge=nest)


def test_no_parts(client):
    with pytest.raises(ValueError, match="the table is empty"):
        sum_over_parts(client, refuse, [])


@pytest.mark.parametrize("address", ["here", "tcp://", "localhost", "tcp://localhost:port", ""])
def test_what_is_no_address(address):
    with pytest.raises(ValueError, match=r"not the address of a scheduler: give one such as"):
        sum_over_parts(address, refuse, [1])


def test_what_is_no_client():
    with pytest.raises(TypeError, match=r"Client or the address of a scheduler.*not int"):
        sum_over_parts(8786, refuse, [1])


def test_nobody_answers():
    with socket.socket() as taken:  # bound, but not listening
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConnectionError, match=f"no scheduler answers at {address} .*refused"):
            sum_over_parts(address, refuse, [1])


def test_a_scheduler_without_workers(monkeypatch):
    monkeypatch.setattr("talweg.regression.cluster_client.PATIENCE", 0.5)
    options = {"n_workers": 0, "dashboard_address": "127.0.0.1:0", "silence_logs": logging.CRITICAL}
    with distributed.LocalCluster(**options) as cluster:
        address = cluster.scheduler_address
        with pytest.raises(ConnectionError, match=f"no workers: start some with .* {address}"):
            sum_over_parts(address, refuse, [1])


def test_talweg_is_not_installed_there(client, monkeypatch):
    """Ask for a module that is nowhere, in talweg's place."""
    asked = client.run

    def run(function, question):
        assert set(asked(function, question).values()) == {True}
        return asked(function, question.replace("talweg", "a_module_that_is_nowhere"))

    monkeypatch.setattr(client, "run", run)
    monkeypatch.setattr("talweg.regression.cluster_client._known", set())
    with pytest.raises(ConnectionError, match=r"talweg isn't installed at tcp://.*, tcp://.*; ins"):
        sum_over_parts(client, refuse, [0, 1])


def test_distributed_is_not_installed(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "talweg\[cluster\]"'):
        sum_over_parts("tcp://localhost:8786", refuse, [1])


@pytest.mark.parametrize("loss", ["squared", "huber"])
def test_a_whole_fit_reads_the_rows_on_the_workers_alone(client, loss, monkeypatch):
    from talweg.regression.linear.linear_fit import fit_linear

    table = piecewise()
    # Two columns that differ in the seventh digit: the triangular factor is needed.
    near = tuple(
        ArrayRows(
            np.column_stack([piece.x, piece.x[:, 0] + 1e-7 * piece.x[:, 1]]), piece.y, piece.weight
        )
        for piece in table.pieces
    )
    table = Piecewise(near) if loss == "squared" else table
    columns = table.pieces[0].x.T
    alone = fit_linear(table, loss)
    monkeypatch.setattr(Piecewise, "blocks", None)
    together = fit_linear(table, loss, client=client)
    assert together.way == ("qr" if loss == "squared" else "passes") == alone.way
    assert together.predictor(columns) == pytest.approx(alone.predictor(columns), rel=1e-9)
    assert together.passes == alone.passes
