"""The solvers that ``benchmarks.minimize`` compares."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks import minimize_peers as peers
from benchmarks.minimize_problems import Array, Task

__all__ = ["SOLVERS", "Solver", "arrange", "missing_reason"]

DENSE_LIMIT = 500  # SciPy takes five minutes for Rosenbrock with a dense matrix of 1000 rows


@dataclass(frozen=True)
class Solver:
    """One way to minimise.

    Attributes
    ----------
    name : str
        What ``--solvers`` calls it.
    label : str
        What the tables call it.
    modules : tuple of str
        The modules, or public names in them, that must import before it can run.
    prepare : callable
        ``prepare(task)`` returns ``run()``, which returns an `Outcome`.
    boxed : bool
        Whether it keeps to a box.
    holds : bool
        Whether it holds coordinates; else they are written into the function.
    dense : bool
        Whether it stores an n by n matrix.
    problems : tuple of str or None
        The problems that it makes sense on; None for all.
    """

    name: str
    label: str
    modules: tuple[str, ...]
    prepare: Callable[[Task], Callable[[], peers.Outcome]]
    boxed: bool = False
    holds: bool = False
    dense: bool = False
    problems: tuple[str, ...] | None = None

    def load(self) -> None:
        """Import what the solver needs, and start JAX where it is needed."""
        for dotted in self.modules:
            module, _, name = dotted.partition(":")
            loaded = importlib.import_module(module)
            if name:
                getattr(loaded, name)
            if module == "jax":
                loaded.devices()

    def takes(self, problem: str, n: int) -> bool:
        """Return whether to run it on a problem of that name and size."""
        fits = not self.dense or n <= DENSE_LIMIT
        return fits and (self.problems is None or problem in self.problems)


def missing_reason(solver: Solver) -> str | None:
    """Why `solver` can't run here, in one line, or None when it can."""
    try:
        solver.load()
    except (ImportError, AttributeError) as error:
        return str(error).splitlines()[0]
    return None


def arrange(task: Task, solver: Solver) -> tuple[Task, Callable[[Array], Array]]:
    """Write a task as `solver` can take it; also return what makes its answer whole again.

    Where a solver can't hold coordinates, it gets a function of the free ones, which are scattered
    into the whole vector. That was faster for every peer than to let it see the whole vector and
    put the held values back by a selection.
    """
    if not solver.boxed:
        task = dataclasses.replace(task, lower=None, upper=None)
    if task.fixed is None or solver.holds:
        return task, lambda x: x
    free = np.flatnonzero(~task.fixed)

    def fun(x: Any, free: Any, whole: Any, *args: Any) -> Any:
        scattered = whole.at[free].set(x, unique_indices=True, indices_are_sorted=True)
        return task.fun(scattered, *args)

    def torch_fun(x: Any, free: Any, whole: Any, *args: Any) -> Any:
        return task.torch_fun(whole.index_copy(0, free, x), *args)

    def made_whole(x: Array) -> Array:
        whole = task.x0.copy()
        whole[free] = x
        return whole

    written = dataclasses.replace(
        task,
        fun=fun,
        torch_fun=torch_fun,
        x0=task.x0[free],
        args=(free, task.x0, *task.args),
        lower=None if task.lower is None else task.lower[free],
        upper=None if task.upper is None else task.upper[free],
        fixed=None,
    )
    return written, made_whole


_TALWEG = ("jax", "talweg:minimize")


def _scipy(name: str, method: str, **facts: Any) -> Solver:
    prepare = partial(peers.scipy, method=method)
    return Solver(name, f"SciPy {method}", ("jax", "scipy.optimize"), prepare, **facts)


SOLVERS: tuple[Solver, ...] = (
    Solver("talweg", "talweg", _TALWEG, partial(peers.talweg, method=None), True, True),
    Solver(
        "talweg_cg",
        "talweg conjugate_gradient",
        _TALWEG,
        partial(peers.talweg, method="conjugate_gradient"),
        True,
        True,
        problems=("quadratic",),
    ),
    Solver(
        "talweg_bb",
        "talweg barzilai_borwein",
        ("jax", "talweg:minimize", "talweg.methods:BarzilaiBorwein"),
        partial(peers.talweg, method="barzilai_borwein"),
        True,
        True,
        problems=("quadratic", "tv", "logistic"),
    ),
    _scipy("scipy_lbfgsb", "L-BFGS-B", boxed=True),
    _scipy("scipy_bfgs", "BFGS", dense=True),
    _scipy("scipy_cg", "CG"),
    _scipy("scipy_tnc", "TNC", boxed=True),
    Solver("optax", "optax lbfgs", ("jax", "optax"), peers.optax),
    Solver(
        "optimistix_bfgs",
        "optimistix BFGS",
        ("jax", "optimistix"),
        partial(peers.optimistix, name="BFGS"),
        dense=True,
    ),
    Solver(
        "optimistix_lbfgs",
        "optimistix LBFGS",
        ("jax", "optimistix"),
        partial(peers.optimistix, name="LBFGS"),
    ),
    Solver("jaxopt", "jaxopt LBFGS", ("jax", "jaxopt"), partial(peers.jaxopt, name="LBFGS")),
    Solver(
        "jaxopt_lbfgsb",
        "jaxopt LBFGSB",
        ("jax", "jaxopt"),
        partial(peers.jaxopt, name="LBFGSB"),
        boxed=True,
    ),
    Solver("torch", "torch LBFGS", ("torch",), peers.torch),
)
