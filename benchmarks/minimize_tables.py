"""The Markdown tables of ``benchmarks.minimize``: one for every timed problem."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.markdown import cell, ratio, seconds, table
from benchmarks.minimize_problems import Problem, Task
from benchmarks.minimize_solvers import SOLVERS

__all__ = ["problem_table"]

HEADINGS = (
    "solver", "warm s", "time / talweg", "first call s", "first / talweg", "evaluations",
    "excess", "gradient",
)  # fmt: skip
LABELS = {solver.name: solver.label for solver in SOLVERS}


def excess(value: float, best: float) -> float:
    """How far above the best value, relative to it, or absolutely where that is below one."""
    return (value - best) / max(1.0, abs(best))


def problem_table(problem: Problem, task: Task, records: Sequence[Mapping[str, Any]]) -> str:
    """Lay one problem out; below it, the solvers that failed and why."""
    done = [record for record in records if "error" not in record]
    best = min((r["fun"] for r in done if math.isfinite(r["fun"])), default=math.nan)
    talweg: Mapping[str, Any] = next((r for r in done if r["solver"] == "talweg"), {})
    rows = []
    for record in done:
        rows.append(
            [
                LABELS[record["solver"]],
                seconds(record["warm"]) + "*" * (record["warm"] == record["first"]),
                ratio(record["warm"] / talweg.get("warm", math.nan)),
                seconds(record["first"]),
                ratio(record["first"] / talweg.get("first", math.nan)),
                f"{record['evaluations']:,}",
                cell(excess(record["fun"], best), ".0e"),
                cell(record["gradient"], ".1e"),
            ]
        )
    failed = [
        f"Left out: {LABELS[record['solver']]}, because {record['error']}.\n"
        for record in records
        if "error" in record
    ]
    title = f"### {problem.title}, gradient to {task.tol:.0e}\n\n"
    return "\n".join([title + table(HEADINGS, rows), *failed])
