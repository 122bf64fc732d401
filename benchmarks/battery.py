"""Many small problems: sif2jax's, unconstrained and bounded, and who solves how many of them."""

from __future__ import annotations

import math
import multiprocessing
import os
import queue
import sys
import threading
from collections.abc import Sequence
from typing import Any

from benchmarks.battery_worker import LARGEST, serve
from benchmarks.markdown import table
from benchmarks.minimize_measure import ENVIRONMENT
from benchmarks.minimize_solvers import SOLVERS, Solver

__all__ = ["DEFAULT", "report", "run", "solvers"]

WORKERS = 2
WALL_SECONDS = 120.0  # for one solver on one problem, compilation included
CPU_SECONDS = 30.0  # without compilation
CLOSE = 1e-8  # of the best value

DEFAULT = ("talweg", "scipy_lbfgsb", "optax", "optimistix_bfgs")
TALWEG = "talweg"

Record = dict[str, Any]


def solvers() -> list[Solver]:
    """Return the solvers that can take the collection's functions, which are written for JAX."""
    return [solver for solver in SOLVERS if "jax" in solver.modules]


class Worker:
    """A process that answers, and that is replaced when it doesn't."""

    def __init__(self) -> None:
        self._process: Any = None
        self._line: Any = None

    def ask(self, request: Any, patience: float) -> Any:
        """Return the answer, or a record with an error where none came in time."""
        if self._process is None:
            context = multiprocessing.get_context("spawn")
            self._line, theirs = context.Pipe()
            self._process = context.Process(target=serve, args=(theirs,), daemon=True)
            self._process.start()
            theirs.close()
        try:
            self._line.send(request)
            if self._line.poll(patience):
                return self._line.recv()
            said = f"no answer within {patience:.0f} s"
        except (EOFError, OSError):
            said = "the process died"
        self.close()
        return {"error": said}

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None


def run(chosen: Sequence[Solver], reduction: float, names: str | None = None) -> list[Record]:
    """Let every solver meet every problem of at most `LARGEST` unknowns; return all records."""
    os.environ.update(ENVIRONMENT)  # before the workers import JAX
    workers = [Worker() for _ in range(WORKERS if names is None else 1)]
    listed = workers[0].ask(None, 5 * WALL_SECONDS)
    if "error" in listed:
        raise SystemExit(f"sif2jax: {listed['error']}")
    wanted = None if names is None else names.split(",")
    unknown = sorted(set(wanted or ()) - {name for name, _, _ in listed})
    if unknown:
        raise SystemExit(f"--problems: no {', '.join(unknown)} in the collection")
    jobs: queue.SimpleQueue[tuple[str, bool, int]] = queue.SimpleQueue()
    for name, bounded, n in listed:
        if 1 <= n <= LARGEST and (wanted is None or name in wanted):
            jobs.put((name, bounded, n))
    records: list[Record] = []

    def work(worker: Worker) -> None:
        while True:
            try:
                name, bounded, n = jobs.get_nowait()
            except queue.Empty:
                return worker.close()
            for solver in chosen:
                facts = {"problem": name, "bounded": bounded, "n": n, "solver": solver.name}
                if bounded and not solver.boxed:
                    records.append(facts | {"error": "no box"})
                    continue
                answer = worker.ask((name, bounded, solver.name, reduction), WALL_SECONDS)
                records.append(facts | answer)
                said = answer.get("error") or "{fun:.8g}, {evaluations}".format(**answer)
                print(f"    {name} ({n}) {solver.name}: {said}", file=sys.stderr, flush=True)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return mark_solved(records)


def mark_solved(records: list[Record]) -> list[Record]:
    """Say of each record whether its point is a solution, and what the best value of all was."""
    best: dict[tuple[str, bool], float] = {}
    for record in records:
        key = record["problem"], record["bounded"]
        if record.get("inside") and math.isfinite(record["fun"]):
            best[key] = min(best.get(key, math.inf), record["fun"])
    for record in records:
        record["best"] = best.get((record["problem"], record["bounded"]), math.nan)
        record["solved"] = is_solved(record)
    return sorted(records, key=lambda r: (r["bounded"], r["problem"]))


def is_solved(record: Record) -> bool:
    if "error" in record or not record["inside"] or record["seconds"] > CPU_SECONDS:
        return False
    if not (math.isfinite(record["fun"]) and math.isfinite(record["gradient"])):
        return False
    flat = record["gradient"] <= record["reduction"] * record["start_gradient"]
    return bool(flat or is_best(record))


def is_best(record: Record) -> bool:
    """Whether the value is as low as the best of all solvers."""
    if "error" in record or not record["inside"]:
        return False
    return bool(record["fun"] <= record["best"] + CLOSE * max(1.0, abs(record["best"])))


def _by_problem(records: Sequence[Record]) -> dict[tuple[str, bool], dict[str, Record]]:
    grouped: dict[tuple[str, bool], dict[str, Record]] = {}
    for record in records:
        grouped.setdefault((record["problem"], record["bounded"]), {})[record["solver"]] = record
    return grouped


def _left_out(results: dict[str, Record]) -> str | None:
    """Why a problem counts for nobody: every solver that was tried raised."""
    errors = [r.get("error") for r in results.values() if r.get("error") != "no box"]
    return str(errors[0]) if errors and all(errors) else None


def report(records: Sequence[Record], chosen: Sequence[Solver]) -> str:
    """Lay out who solved how many, and what talweg and its peers have over each other."""
    problems = _by_problem(records)
    out = {key: why for key, results in problems.items() if (why := _left_out(results))}
    counted = {key: results for key, results in problems.items() if key not in out}
    rows = []
    for solver in chosen:
        cells = [solver.label]
        for bounded in (False, True):
            group = [results for (_, kind), results in counted.items() if kind == bounded]
            cells += _score(solver, group) if solver.boxed or not bounded else ["no box", "-"]
        total = sum(results[solver.name]["solved"] for results in counted.values())
        lowest = sum(is_best(results[solver.name]) for results in counted.values())
        rows.append([*cells, str(total), str(lowest)])
    bounded_count = sum(bounded for _, bounded in counted)
    headings = [
        "solver", f"unconstrained, of {len(counted) - bounded_count}", "evaluations",
        f"bounded, of {bounded_count}", "evaluations", f"all, of {len(counted)}",
        "at the best value",
    ]  # fmt: skip
    note = "Evaluations: over the problems that every solver solved.\n"
    parts = [f"### Problems solved\n\n{table(headings, rows)}", note, *_losses(counted)]
    if out:
        lines = [f"- {name}: {why}" for (name, _), why in out.items()]
        parts.append("Left out:\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _score(solver: Solver, group: Sequence[dict[str, Record]]) -> list[str]:
    """Count the problems solved, and the evaluations spent on those that everyone solved."""
    solved = sum(results[solver.name]["solved"] for results in group)
    common = [results[solver.name]["evaluations"] for results in group if all_solved(results)]
    return [str(solved), f"{sum(common):,}" if common else "-"]


def all_solved(results: dict[str, Record]) -> bool:
    """Whether every solver that was tried on a problem solved it."""
    return all(r["solved"] for r in results.values() if r.get("error") != "no box")


def _losses(counted: dict[tuple[str, bool], dict[str, Record]]) -> list[str]:
    """List what talweg lost and a peer solved, and the other way round."""
    lost, won = [], []
    for (name, bounded), results in counted.items():
        mine = results.get(TALWEG)
        if mine is None:
            continue
        others = [r for key, r in results.items() if not key.startswith(TALWEG)]
        kind = "bounded" if bounded else "unconstrained"
        solved = ", ".join(r["solver"] for r in others if r["solved"])
        failed = ", ".join(r["solver"] for r in others if not r["solved"] and tried(r))
        if not mine["solved"] and solved:
            lost.append(f"- {name}, n = {mine['n']}, {kind}, by {solved}: {_story(mine)}")
        if mine["solved"] and failed:
            won.append(f"- {name}, n = {mine['n']}, {kind}, not by {failed}")
    parts = []
    if lost:
        parts.append("Solved by a peer and not by talweg:\n\n" + "\n".join(lost) + "\n")
    if won:
        parts.append("Solved by talweg and not by a peer:\n\n" + "\n".join(won) + "\n")
    return parts


def tried(record: Record) -> bool:
    return bool(record.get("error") != "no box")


def _story(record: Record) -> str:
    if "error" in record:
        return str(record["error"])
    fell = record["gradient"] / record["start_gradient"] if record["start_gradient"] else math.nan
    return (
        f"f {record['fun']:.10g}, best {record['best']:.10g}, gradient {fell:.1e} of that at the "
        f"start, {record['evaluations']} evaluations, {record['seconds']:.1f} s; "
        f"{record['message']}"
    )
