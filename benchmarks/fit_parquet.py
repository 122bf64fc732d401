"""How ``benchmarks.fit`` reads the Parquet file: bare, with talweg, and with each peer.

Every function takes a case and returns a function without arguments, which makes one pass over the
file. polars, duckdb and dask give the sums that a regression is made of; the little that is left
(an equation of 21 unknowns) isn't asked of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.fit_problems import Array, Case

Pass = Callable[[], Any]

LEAN: dict[str, Any] = {"pre_buffer": False, "buffer_size": 2**16}


def decoding(case: Case) -> Pass:
    """Decode every column in batches, in one thread, and do nothing with them."""
    import pyarrow.parquet as pq

    def run() -> None:
        with pq.ParquetFile(case.place) as file:
            for _ in file.iter_batches(use_threads=False):
                pass

    return run


def lean_decoding(case: Case) -> Pass:
    """Decode as above without reading ahead, which would hold all that was read until the end."""
    import pyarrow.parquet as pq

    def run() -> None:
        with pq.ParquetFile(case.place, **LEAN) as file:
            for _ in file.iter_batches(8192, use_threads=False):
                pass

    return run


def talweg(case: Case) -> Pass:
    from talweg.regression.squares.least_squares import least_squares
    from talweg.regression.tables import open_table

    def run() -> Array:
        found = least_squares(open_table(case.place, "y"))
        return np.append(found.coefficients, found.intercept)

    return run


def pairs(case: Case) -> list[tuple[str, str]]:
    """Return the pairs of columns, the target among them, whose products are summed."""
    names = [*case.names, "y"]
    return [(a, b) for k, a in enumerate(names) for b in names[k:]]


def polars_sums(case: Case) -> Pass:
    import polars as pl

    def run() -> None:
        pl.scan_parquet(case.place).sum().collect(engine="streaming")

    return run


def polars_products(case: Case) -> Pass:
    import polars as pl

    sums = [pl.col(a).dot(pl.col(b)).alias(f"{a} {b}") for a, b in pairs(case)]
    sums += [pl.col(name).sum() for name in (*case.names, "y")]

    def run() -> None:
        pl.scan_parquet(case.place).select(sums).collect(engine="streaming")

    return run


def duckdb_select(case: Case, what: list[str]) -> Pass:
    import duckdb

    query = f"SELECT {', '.join(what)} FROM read_parquet('{case.place}')"

    def run() -> None:
        with duckdb.connect() as connection:
            connection.execute("SET threads = 1")
            connection.execute(query).fetchall()

    return run


def duckdb_sums(case: Case) -> Pass:
    return duckdb_select(case, [f"sum({name})" for name in (*case.names, "y")])


def duckdb_products(case: Case) -> Pass:
    sums = [f"sum({name})" for name in (*case.names, "y")]
    return duckdb_select(case, sums + [f"sum({a} * {b})" for a, b in pairs(case)])


def sklearn_partial_fit(case: Case) -> Pass:
    """Go through the file once, stochastically: no second epoch."""
    import pyarrow.parquet as pq
    from sklearn.linear_model import SGDRegressor

    def run() -> Array:
        model = SGDRegressor(random_state=0)
        with pq.ParquetFile(case.place, **LEAN) as file:
            for batch in file.iter_batches(use_threads=False):
                columns = [column.to_numpy() for column in batch.columns]
                model.partial_fit(np.column_stack(columns[:-1]), columns[-1])
        return np.append(model.coef_, model.intercept_)

    return run


def dask_products(case: Case) -> Pass:
    """Multiply the table by itself, transposed, as a dask array in chunks of a row group."""
    import dask.dataframe as dd

    def run() -> None:
        frame = dd.read_parquet(case.place, split_row_groups=True)
        table = frame.to_dask_array(lengths=True)
        (table.T @ table).compute(scheduler="synchronous")

    return run
