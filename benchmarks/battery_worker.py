"""The process in which one solver at a time meets one problem of sif2jax's CUTEst collection."""

from __future__ import annotations

import dataclasses
import functools
import sys
import types
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from benchmarks import minimize_peers as peers
from benchmarks.minimize_measure import judge, timed
from benchmarks.minimize_problems import Task
from benchmarks.minimize_solvers import SOLVERS, Solver, arrange

__all__ = ["LARGEST", "MAX_EVALUATIONS", "serve"]

LARGEST = 1000  # unknowns
MAX_EVALUATIONS = 5000
# The solvers' own test is a rounding away from the benchmark's, whose function is compiled by
# itself: they are asked for a little more.
MARGIN = 0.9
SETS = {False: "unconstrained_minimisation_problems", True: "bounded_minimisation_problems"}


@functools.cache
def collection() -> Any:
    """Import sif2jax without one constrained problem that takes a minute to import."""
    stand_in: Any = types.ModuleType("sif2jax.cutest._constrained_minimisation.cleuven7")
    stand_in.CLEUVEN7 = types.SimpleNamespace
    sys.modules.setdefault(stand_in.__name__, stand_in)
    import sif2jax

    return sif2jax


def sizes() -> list[tuple[str, bool, int]]:
    """List name, whether there are bounds, and the number of unknowns of every problem."""
    from jax.flatten_util import ravel_pytree

    found = {}
    for bounded, attribute in SETS.items():
        for problem in getattr(collection(), attribute):
            found[problem.name, bounded] = int(ravel_pytree(problem.y0)[0].size)
    return [(name, bounded, n) for (name, bounded), n in found.items()]


@functools.lru_cache(maxsize=1)
def read_problem(name: str, bounded: bool) -> tuple[Task, float, float]:
    """Return a problem as a task of one flat vector, and value and gradient at its start."""
    import jax
    from jax.flatten_util import ravel_pytree

    jax.clear_caches()  # of the problem before
    problem = next(p for p in getattr(collection(), SETS[bounded]) if p.name == name)
    start, unravel = ravel_pytree(problem.y0)
    args = problem.args

    def fun(x: Any) -> Any:
        return problem.objective(unravel(x), args)

    x0 = np.array(start, dtype=np.float64)
    lower = upper = None
    if bounded:
        lower, upper = (np.array(ravel_pytree(b)[0], dtype=np.float64) for b in problem.bounds)
        x0 = np.clip(x0, lower, upper)
    task = Task(fun, x0, max_evaluations=MAX_EVALUATIONS, lower=lower, upper=upper)
    value, slope = judge(task, x0)
    if not np.isfinite([value, slope]).all():
        raise ValueError(f"value {value} and gradient {slope} at the start")
    return task, value, slope


def within_budget(task: Task) -> peers.Outcome:
    """Run talweg again, stopped at the budget, which `max_iter` doesn't count."""
    import talweg

    def stop(intermediate_result: Any) -> None:
        if intermediate_result.nfev >= task.max_evaluations:
            raise StopIteration

    bounds = None if task.lower is None else (task.lower, task.upper)
    found = talweg.minimize(task.fun, task.x0, bounds=bounds, tol=task.tol, callback=stop)
    return peers.Outcome(found.x, found.nfev, f"{found.status!r}: {found.message}")


def solve(name: str, bounded: bool, solver: Solver, reduction: float) -> dict[str, Any]:
    """Run one solver; what it returned is evaluated afresh, on the box where it left it."""
    task, value, slope = read_problem(name, bounded)
    task = dataclasses.replace(task, tol=MARGIN * reduction * slope)
    solver.load()
    given, _ = arrange(task, solver)
    if solver.name.startswith("talweg"):  # the others have compiled before they run
        solver.prepare(dataclasses.replace(given, max_evaluations=1))()
    spent, outcome = timed(solver.prepare(given))
    if solver.name == "talweg" and outcome.evaluations > MAX_EVALUATIONS:
        outcome = within_budget(task)
    x = np.asarray(outcome.x, dtype=np.float64)
    inside = True
    if bounded:
        clipped = np.clip(x, task.lower, task.upper)
        inside = bool(np.abs(x - clipped).max() <= 1e-12 * max(1.0, np.abs(clipped).max()))
        x = clipped
    end, end_slope = judge(task, x)
    return {
        "reduction": reduction,
        "start_fun": value,
        "start_gradient": slope,
        "fun": end,
        "gradient": end_slope,
        "inside": inside,
        "evaluations": outcome.evaluations,
        "seconds": spent,
        "message": outcome.message,
    }


def serve(line: Connection) -> None:
    """Answer requests until there are no more: None for the list, else for one solve."""
    by_name = {solver.name: solver for solver in SOLVERS}
    while True:
        try:
            request = line.recv()
        except EOFError:
            return
        try:
            if request is None:
                answer: Any = sizes()
            else:
                name, bounded, solver, reduction = request
                answer = solve(name, bounded, by_name[solver], reduction)
        except Exception as error:
            said = str(error).strip().splitlines() or [""]
            answer = {"error": f"{type(error).__name__}: {said[0]}"}
        line.send(answer)
