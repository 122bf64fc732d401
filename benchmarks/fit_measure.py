"""The fresh processes in which ``benchmarks.fit`` measures: one solver, one core, one thread.

``python -m benchmarks.fit_measure SOLVER PLACE ROWS REPEATS`` imports what the solver needs, loads
the data, calls the solver once and then again, and prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import minimize_measure
from benchmarks.fit_problems import Case
from benchmarks.fit_solvers import SOLVERS, Solver
from benchmarks.measure import MIB, peak_mib

__all__ = ["ENVIRONMENT", "cpu_seconds", "measured", "timed"]

ENVIRONMENT = minimize_measure.ENVIRONMENT | {"POLARS_MAX_THREADS": "1", "ARROW_IO_THREADS": "1"}
SLOW = 20.0  # CPU seconds: what takes as long isn't called again
SETTLED = 2.0  # CPU seconds: quick calls are repeated until as much has been spent
MOST = 20  # calls


def measured(solver: Solver, case: Case, repeats: int = 3) -> dict[str, Any]:
    """Measure in a fresh process; where it fails there is an ``error`` and nothing else."""
    command = [
        sys.executable, "-m", "benchmarks.fit_measure", solver.name, str(case.place),
        str(case.rows), str(repeats),
    ]  # fmt: skip
    done = subprocess.run(
        command, env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if lines:
        return {"solver": solver.name, **json.loads(lines[-1])}
    said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    return {"solver": solver.name, "error": said[-1]}


def cpu_seconds() -> float:
    """Return what this process has used so far, user and system, in all its threads."""
    return time.process_time()


def timed(call: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return the CPU seconds and the seconds of a call, and what it returned."""
    begun, used = time.perf_counter(), cpu_seconds()
    result = call()
    return cpu_seconds() - used, time.perf_counter() - begun, result


def forget_peak() -> None:
    """Have the peak memory start from what is resident now, where Linux lets us."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def resident_mib() -> float:
    """Return what is resident now, or the peak so far where that isn't known."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return peak_mib()
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / MIB


def measure(solver: Solver, case: Case, repeats: int) -> dict[str, Any]:
    """Import, load, call, and call again."""
    import_cpu, _, _ = timed(solver.load)
    run = solver.prepare(case)
    forget_peak()
    before = resident_mib()
    first, _, found = timed(run)
    peak = peak_mib()
    spent, walls = [], []
    while first < SLOW and len(spent) < MOST and (len(spent) < repeats or sum(spent) < SETTLED):
        cpu, wall, found = timed(run)
        spent.append(cpu)
        walls.append(wall)
    answer = None if found is None else [float(value) for value in np.ravel(found)]
    return {
        "import": import_cpu,
        "first": first,
        "warm": min(spent, default=first),
        "wall": min(walls, default=float("nan")),
        "calls": len(spent),
        "before": before,
        "peak": peak,
        "coefficients": answer,
    }


def main(name: str, place: str, rows: str, repeats: str) -> None:
    """Be the fresh process."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    solver = next(each for each in SOLVERS if each.name == name)
    print(json.dumps(measure(solver, Case(Path(place), int(rows)), int(repeats))))


if __name__ == "__main__":
    main(*sys.argv[1:])
