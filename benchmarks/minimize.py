"""Minimise with talweg and with its peers, and print the tables.

Run ``python -m benchmarks.minimize --help`` for the options and see ``benchmarks/README.md`` for
what is measured and how. Progress goes to standard error, the tables to standard output.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import battery
from benchmarks.markdown import machine
from benchmarks.minimize_measure import measured
from benchmarks.minimize_problems import PROBLEMS, Problem, Task
from benchmarks.minimize_solvers import SOLVERS, Solver
from benchmarks.minimize_tables import problem_table

PACKAGES = (
    "talweg", "numpy", "scipy", "jax", "optax", "optimistix", "jaxopt", "torch", "sif2jax",
)  # fmt: skip
SLOW = 20.0  # seconds: what takes as long isn't called again


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def measure_problem(problem: Problem, task: Task, solvers: Sequence[Solver]) -> list[Any]:
    """Run every solver that takes the problem: fresh processes first, then side by side."""
    records: dict[str, dict[str, Any]] = {}
    taking = [solver for solver in solvers if solver.takes(problem.name, task.x0.size)]
    for solver in taking:
        records |= measured("first", problem.name, [solver])
        fact = records[solver.name]
        say(f"    {solver.label}: {fact.get('error') or format(fact['first'], '.2f') + ' s'}")
    able = [solver for solver in taking if records[solver.name].get("first", SLOW) < SLOW]
    for name, record in measured("warm", problem.name, able).items():
        records[name] = {**records[name], **record}
    return list(records.values())


def chosen(given: str | None, known: Sequence[Any], option: str) -> list[Any]:
    """Return those of `known` whose names were given, all where none were."""
    names = [each.name for each in known]
    wanted = names if given is None else given.split(",")
    unknown = sorted(set(wanted) - set(names))
    if unknown:
        raise SystemExit(f"{option}: no {', '.join(unknown)}; there are {', '.join(names)}")
    return [each for each in known if each.name in wanted]


def timings(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure the timed problems, printing each table as it comes."""
    solvers = chosen(options.solvers, SOLVERS, "--solvers")
    everything = []
    for problem in chosen(options.only, PROBLEMS, "--only"):
        say(problem.title)
        task = problem.build()
        records = measure_problem(problem, task, solvers)
        print(problem_table(problem, task, records), flush=True)
        everything.append({"problem": problem.name, "tol": task.tol, "solvers": records})
    return everything


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.minimize", description=__doc__)
    parser.add_argument("--only", metavar="NAME,...", help="timed problems, comma separated")
    parser.add_argument("--solvers", metavar="NAME,...", help="solvers, comma separated")
    parser.add_argument("--battery", action="store_true", help="the battery alone")
    parser.add_argument("--timing", action="store_true", help="the timed problems alone")
    parser.add_argument(
        "--problems", metavar="NAME,...", help="these problems of the battery, and no timing"
    )
    parser.add_argument(
        "--reduction",
        type=float,
        default=1e-6,
        metavar="R",
        help="of the gradient, at which a problem of the battery counts as solved (default 1e-6)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all records there")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    print(machine(PACKAGES), flush=True)
    records: dict[str, Any] = {}
    if not (options.battery or options.problems):
        records["timing"] = timings(options)
    if not (options.timing or options.only):
        names = options.solvers or ",".join(battery.DEFAULT)
        solvers = [
            each for each in chosen(names, SOLVERS, "--solvers") if each in battery.solvers()
        ]
        records["battery"] = battery.run(solvers, options.reduction, options.problems)
        print(battery.report(records["battery"], solvers))
    if options.json is not None:
        options.json.write_text(json.dumps(records, indent=1) + "\n")


if __name__ == "__main__":
    main()
