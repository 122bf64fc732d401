"""Fit with talweg and with its peers, in memory and from a Parquet file, and print the tables.

CPU seconds of one core and one thread, of a fresh process for every solver. Without any of the
options that choose a part, all of it runs. Progress goes to standard error, the tables to standard
output.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import fit_cluster, fit_digits
from benchmarks.fit_measure import measured
from benchmarks.fit_problems import Case, write_case, write_parquet
from benchmarks.fit_solvers import SOLVERS, Solver, missing_reason
from benchmarks.fit_tables import logistic_table, memory_table, parquet_table
from benchmarks.markdown import machine

PACKAGES = (
    "talweg", "numpy", "scipy", "jax", "pyarrow", "scikit-learn", "statsmodels", "polars",
    "polars-ols", "glum", "xgboost", "duckdb", "dask", "distributed",
)  # fmt: skip
PARTS = ("memory", "logistic", "parquet", "cluster", "digits")


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def chosen(group: str, names: str | None) -> list[Solver]:
    """Return a group's solvers, those that `names` lists if it is given, without the missing."""
    solvers = [each for each in SOLVERS if each.group == group]
    if names is not None:
        solvers = [each for each in solvers if each.name in names.split(",")]
    able = []
    for solver in solvers:
        reason = missing_reason(solver)
        if reason is None:
            able.append(solver)
        else:
            print(f"{solver.label} is left out: {reason}\n", flush=True)
    return able


def measure_all(
    case: Case, solvers: Sequence[Solver], repeats: int = 3
) -> dict[str, dict[str, Any]]:
    """Measure one solver after the other, each in a process of its own."""
    records = {}
    for solver in solvers:
        record = records[solver.name] = measured(solver, case, repeats)
        say(f"    {solver.label}: {record.get('error') or format(record['warm'], '.3f') + ' s'}")
    return records


def in_memory(rows: int, names: str | None) -> dict[str, Any]:
    """Measure least squares in memory."""
    say("least squares in memory")
    with tempfile.TemporaryDirectory() as folder:
        case = write_case(Path(folder), "linear", rows)
        ones = np.ones((rows, 1))
        reference = np.linalg.lstsq(np.hstack([case.x, ones]), case.y, rcond=None)[0]
        solvers = chosen("memory", names)
        records = measure_all(case, solvers)
        print(memory_table(case, solvers, records, reference), flush=True)
    return records


def logistic(rows: int, names: str | None) -> dict[str, Any]:
    """Measure logistic regression in memory."""
    say("logistic regression in memory")
    with tempfile.TemporaryDirectory() as folder:
        case = write_case(Path(folder), "logistic", rows)
        solvers = chosen("logistic", names)
        records = measure_all(case, solvers)
        print(logistic_table(case, solvers, records), flush=True)
    return records


def read_through(path: Path) -> None:
    """Have the operating system keep the file in memory, if it can, for all alike."""
    with path.open("rb") as file:
        while file.read(2**22):
            pass


@contextmanager
def parquet_case(given: Path | None, rows: int) -> Iterator[Case]:
    """Give a Parquet file: the one that is there, or else a new one.

    It is removed afterwards unless its path was given.
    """
    import pyarrow.parquet as pq

    if given is not None and given.exists():
        read_through(given)
        yield Case(given, pq.read_metadata(given).num_rows)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.parquet") if given is None else given
        say(f"writing {rows:,} rows to {path}")
        yield write_parquet(path, rows)


def parquet(case: Case, names: str | None) -> dict[str, Any]:
    """Measure passes over the Parquet file, and memory on a shorter one."""
    say("a Parquet file")
    solvers = chosen("parquet", names)
    records = measure_all(case, solvers, repeats=2)
    short = max(case.rows // 15, 1)
    with parquet_case(None, short) as small:
        few = measure_all(small, solvers, repeats=1)
    size = case.place.stat().st_size
    print(parquet_table((case.rows, short), size, solvers, records, few), flush=True)
    return {"all": records, "short": few}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fit", description=__doc__)
    parser.add_argument("--memory", action="store_true", help="least squares in memory")
    parser.add_argument("--logistic", action="store_true", help="logistic regression in memory")
    parser.add_argument("--parquet", action="store_true", help="passes over a Parquet file")
    parser.add_argument("--cluster", action="store_true", help="two workers on the Parquet file")
    parser.add_argument("--digits", action="store_true", help="digits on NIST's certified sets")
    parser.add_argument(
        "--rows", type=int, default=15_000_000, metavar="N",
        help="rows of the Parquet file (default 15 million, 2.5 GB)",
    )  # fmt: skip
    parser.add_argument(
        "--file", type=Path, metavar="PATH",
        help="the Parquet file: made there unless it exists, and left there",
    )  # fmt: skip
    parser.add_argument("--solvers", metavar="NAME,...", help="these alone, comma separated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all records there")
    options = parser.parse_args(arguments)
    if options.rows < 100:
        parser.error(f"--rows must be 100 at least, not {options.rows}")
    if not any(getattr(options, part) for part in PARTS):
        for part in PARTS:
            setattr(options, part, True)
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    print(machine(PACKAGES), flush=True)
    records: dict[str, Any] = {}
    if options.memory:
        records["memory"] = in_memory(1_000_000, options.solvers)
    if options.logistic:
        records["logistic"] = logistic(100_000, options.solvers)
    if options.parquet or options.cluster:
        with parquet_case(options.file, options.rows) as case:
            if options.parquet:
                records["parquet"] = parquet(case, options.solvers)
            if options.cluster:
                records["cluster"] = fit_cluster.measure(case)
                print(fit_cluster.report(case, records["cluster"]), flush=True)
    if options.digits:
        records["digits"] = fit_digits.measure()
        print(fit_digits.report(records["digits"]), flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(records, indent=1) + "\n")


if __name__ == "__main__":
    main()
