"""The processes in which ``benchmarks.minimize`` measures, one core and one thread each.

``python -m benchmarks.minimize_measure first PROBLEM SOLVER`` times the first call, compilation
included. ``... warm PROBLEM SOLVER,SOLVER,...`` times later ones, the solvers taking turns. Both
print a line of JSON for every solver.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.minimize_peers import Outcome
from benchmarks.minimize_problems import PROBLEMS, Array, Task
from benchmarks.minimize_solvers import SOLVERS, Solver, arrange

__all__ = ["ENVIRONMENT", "judge", "measured", "projected_gradient"]

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_ENABLE_X64": "true",
    "JAX_PLATFORMS": "cpu",
    # A compilation kept on disk by an earlier run would make the first call look like a later one.
    "JAX_ENABLE_COMPILATION_CACHE": "false",
    "PYTHONWARNINGS": "ignore",
}
REPEATS = 3


def measured(kind: str, problem: str, solvers: Sequence[Solver]) -> dict[str, dict[str, Any]]:
    """Measure in a fresh process; a solver that failed has an ``error`` and nothing else."""
    names = ",".join(solver.name for solver in solvers)
    command = [sys.executable, "-m", "benchmarks.minimize_measure", kind, problem, names]
    done = subprocess.run(
        command, env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    records = {record["solver"]: record for record in map(json.loads, lines)}
    said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    return {s.name: records.get(s.name, {"solver": s.name, "error": said[-1]}) for s in solvers}


def projected_gradient(x: Array, slope: Array, lower: Any, upper: Any, fixed: Any) -> Array:
    """Return x - P(x - g), zero where a coordinate is held; None stands for no bound."""
    if lower is not None:
        slope = x - np.clip(x - slope, lower, upper)
    return slope if fixed is None else np.where(fixed, 0.0, slope)


def judge(task: Task, x: Array) -> tuple[float, float]:
    """Return the value at a point, and the largest component of the projected gradient."""
    import jax

    value, slope = jax.jit(jax.value_and_grad(task.fun))(x, *task.args)
    projected = projected_gradient(x, np.asarray(slope), task.lower, task.upper, task.fixed)
    return float(value), float(np.abs(projected).max())


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU seconds of a call, and what it returned."""
    begun = time.process_time()
    result = call()
    return time.process_time() - begun, result


def described(task: Task, x: Array, outcome: Outcome) -> dict[str, Any]:
    """Return what the tables say of a final point."""
    value, norm = judge(task, x)
    record: dict[str, Any] = {"fun": value, "gradient": norm}
    return record | {"evaluations": outcome.evaluations, "message": outcome.message}


def first(task: Task, solver: Solver) -> None:
    """Run one solver; its seconds stand for the warm ones until those come."""
    solver.load()
    given, whole = arrange(task, solver)

    def prepare_and_run() -> Outcome:
        return solver.prepare(given)()

    spent, outcome = timed(prepare_and_run)
    record = {"solver": solver.name, "first": spent, "warm": spent}
    print(json.dumps(record | described(task, whole(outcome.x), outcome)))


def warm(task: Task, solvers: Sequence[Solver]) -> None:
    """Run each solver once, not counted, and then let them take turns."""
    runs, outcomes, best = {}, {}, {}
    for solver in solvers:
        try:
            solver.load()
            given, whole = arrange(task, solver)
            run = solver.prepare(given)
            outcome = run()
        except Exception as error:
            said = f"{type(error).__name__}: {error}".splitlines()[0]
            print(json.dumps({"solver": solver.name, "error": said}))
            continue
        runs[solver.name], best[solver.name] = run, float("inf")
        outcomes[solver.name] = (whole(outcome.x), outcome)
    for _ in range(REPEATS):
        for name, run in runs.items():
            best[name] = min(best[name], timed(run)[0])
    for name, (x, outcome) in outcomes.items():
        record = {"solver": name, "warm": best[name]}
        print(json.dumps(record | described(task, x, outcome)))


def main(kind: str, problem: str, names: str) -> None:
    """Be the fresh process."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    task = next(each for each in PROBLEMS if each.name == problem).build()
    solvers = [solver for solver in SOLVERS if solver.name in names.split(",")]
    if kind == "first":
        first(task, solvers[0])
    else:
        warm(task, solvers)


if __name__ == "__main__":
    main(*sys.argv[1:])
