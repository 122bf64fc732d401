"""The tables that ``benchmarks.fit`` prints, and the lines that say what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.fit_problems import Array, Case, logistic_gradient
from benchmarks.fit_solvers import Solver
from benchmarks.markdown import cell, ratio, seconds, table
from benchmarks.measure import MIB

__all__ = ["logistic_table", "memory_table", "parquet_table"]

Records = Mapping[str, dict[str, Any]]

TIMES = ("CPU s", "wall s", "first call CPU s", "import CPU s", "peak MiB")


def times(record: dict[str, Any]) -> list[str]:
    """Lay out the columns that all tables share."""
    more = record["peak"] - record["before"]
    return [
        seconds(record["warm"]),
        seconds(record["wall"]),
        seconds(record["first"]),
        seconds(record["import"]),
        f"{record['peak']:.0f} (+{more:.0f})",
    ]


def of(records: Records, name: str, figure: str = "warm") -> float:
    """Return a solver's figure, NaN where it has none."""
    return float(records.get(name, {}).get(figure, float("nan")))


def laid_out(
    headings: Sequence[str], solvers: Sequence[Solver], records: Records, cells: Any
) -> str:
    """Lay a table out, one row a solver; those that failed have dashes."""
    rows = []
    for solver in solvers:
        record = records[solver.name]
        if "error" in record:
            rows.append([f"{solver.label} (failed)", *["-"] * (len(headings) - 1)])
        else:
            rows.append([solver.label, *cells(solver, record)])
    return table(headings, rows)


def difference(record: dict[str, Any], reference: Array) -> float:
    """Return the largest relative difference of the coefficients, NaN where there are none."""
    if record.get("coefficients") is None:
        return float("nan")
    return float(np.max(np.abs(np.array(record["coefficients"]) / reference - 1.0)))


def line(text: str, value: float, most: float, form: str = ".2f") -> str:
    """Return one judged line of a list, or nothing where a solver was left out."""
    if np.isnan(value):
        return ""
    return f"- {text}, at most {most:g}: {value:{form}}{'' if value <= most else ' (missed)'}\n"


def memory_table(case: Case, solvers: Sequence[Solver], records: Records, reference: Array) -> str:
    """Lay out the table of the linear problem in memory, and what is asked of talweg there."""
    floor, own = of(records, "sum"), of(records, "talweg")

    def cells(_: Solver, record: dict[str, Any]) -> list[str]:
        beside = [ratio(record["warm"] / own), ratio(record["warm"] / floor)]
        return [*times(record), *beside, cell(difference(record, reference), ".0e")]

    headings = ("solver", *TIMES, "CPU / talweg", "CPU / sum", "off lstsq")
    text = f"### Least squares in memory, {case.rows:,} x {case.x.shape[1]}\n\n"
    text += laid_out(headings, solvers, records, cells) + "\n"
    off = difference(records.get("talweg", {}), reference)
    text += line("off lstsq's coefficients", off, 1e-12, ".1e")
    text += line("over Ridge's time", own / of(records, "ridge"), 0.6)
    return text + line("over the bare sum's", own / floor, 6.0)


def logistic_table(case: Case, solvers: Sequence[Solver], records: Records) -> str:
    """Lay out the table of the logistic problem."""
    own = of(records, "talweg_logistic")

    def cells(solver: Solver, record: dict[str, Any]) -> list[str]:
        slope = logistic_gradient(case, np.array(record["coefficients"]), solver.l2)
        return [*times(record), ratio(record["warm"] / own), f"{slope:.1e}"]

    headings = ("solver", *TIMES, "CPU / talweg", "gradient")
    text = f"### Logistic regression in memory, {case.rows:,} x {case.x.shape[1]}\n\n"
    text += laid_out(headings, solvers, records, cells) + "\n"
    return text + line("over scikit-learn's lbfgs", own / of(records, "lbfgs"), 1.0)


def parquet_table(
    rows: tuple[int, int], size: int, solvers: Sequence[Solver], records: Records, small: Records
) -> str:
    """Lay out the table of the Parquet file; `small` holds the records of a shorter one."""
    floor, own = of(records, "decoding"), of(records, "talweg_parquet")
    many, few = (f"{count / 1e6:.3g}" for count in rows)

    def cells(solver: Solver, record: dict[str, Any]) -> list[str]:
        short = of(small, solver.name, "peak")
        return [
            *times(record), cell(short, ".0f"), ratio(record["warm"] / own),
            ratio(record["warm"] / floor),
        ]  # fmt: skip

    peaks = (f"peak MiB, {many} million rows", f"peak MiB, {few} million")
    headings = ("solver", *TIMES[:-1], *peaks, "CPU / talweg", "CPU / decoding")
    text = f"### A Parquet file of {rows[0]:,} rows, 21 columns, {size / 1e9:.2f} GB\n\n"
    text += laid_out(headings, solvers, records, cells) + "\n"
    first = of(records, "talweg_parquet", "first") / of(records, "decoding", "first")
    peak, short = (of(each, "talweg_parquet", "peak") for each in (records, small))
    text += line("over bare decoding's CPU time", own / floor, 1.5)
    text += line("the same of first calls", first, 1.5)
    lean = own / of(records, "lean_decoding")
    if not np.isnan(lean):  # not what is asked, but the barest that there is
        text += f"- over decoding with nothing read ahead: {lean:.2f}\n"
    text += line("MB of memory at the peak", peak * MIB / 1e6, 400, ".0f")
    return text + line(f"over the peak of {few} million rows", peak / short, 1.1)
