"""How ``benchmarks.minimize`` calls talweg and each peer, all of them asked for the same stop.

Every function takes a task and returns a function without arguments, which solves it once. What a
library lets one compile ahead is compiled by the first of the two. All libraries are imported
inside: one that isn't installed is left out of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.minimize_problems import Array, Task

__all__ = ["Outcome", "jaxopt", "optax", "optimistix", "scipy", "talweg", "torch"]

MEMORY = 10


@dataclass(frozen=True)
class Outcome:
    """Where a solver ended, the evaluations it counted, and what it said."""

    x: Array
    evaluations: int
    message: str = ""


def talweg(task: Task, *, method: str | None) -> Callable[[], Outcome]:
    """Call talweg as a reader of its documentation does, its data where JAX keeps them."""
    import jax.numpy as jnp

    import talweg

    args = tuple(jnp.asarray(argument) for argument in task.args)
    options: dict[str, Any] = {} if method is None else {"method": method}
    if task.lower is not None:
        options["bounds"] = (task.lower, task.upper)
    if task.fixed is not None:
        options["fixed"] = task.fixed

    def run() -> Outcome:
        found = talweg.minimize(
            task.fun, task.x0, args, tol=task.tol, max_iter=task.max_evaluations, **options
        )
        return Outcome(found.x, found.nfev, f"{found.status!r}: {found.message}")

    return run


def scipy(task: Task, *, method: str) -> Callable[[], Outcome]:
    """Run SciPy around one compiled value and gradient.

    No stop but the gradient's, as far as SciPy has it: TNC's is that of the variables as it scales
    them.
    """
    import jax
    from scipy.optimize import Bounds, minimize

    compiled = jax.jit(jax.value_and_grad(task.fun))
    args = jax.device_put(task.args)
    cap, tol = task.max_evaluations, task.tol
    options: dict[str, Any] = {
        "L-BFGS-B": {
            "maxcor": MEMORY, "ftol": 0.0, "gtol": tol, "maxfun": cap, "maxiter": cap, "maxls": 50,
        },
        "BFGS": {"gtol": tol, "maxiter": cap},
        "CG": {"gtol": tol, "maxiter": cap},
        "TNC": {"gtol": tol, "ftol": 0.0, "xtol": 0.0, "maxfun": cap},
    }[method]  # fmt: skip
    bounds = None if task.lower is None else Bounds(task.lower, task.upper)

    def fun(x: Array) -> tuple[float, Array]:
        value, slope = compiled(x, *args)
        return float(value), np.asarray(slope)

    fun(task.x0)

    def run() -> Outcome:
        found = minimize(fun, task.x0, jac=True, method=method, bounds=bounds, options=options)
        return Outcome(found.x, int(found.nfev), str(found.message))

    return run


def _compiled_loop(task: Task, loop: Callable[..., Any]) -> Callable[[], Outcome]:
    """Compile ``loop(x, tol, cap, args) -> (x, evaluations)`` ahead, and run it."""
    import jax

    args = jax.device_put(task.args)
    compiled = jax.jit(loop).lower(task.x0, task.tol, task.max_evaluations, args).compile()

    def run() -> Outcome:
        x, evaluations = compiled(task.x0, task.tol, task.max_evaluations, args)
        return Outcome(np.asarray(x), int(evaluations))

    return run


def optax(task: Task) -> Callable[[], Outcome]:
    """Run optax's L-BFGS with its own line search in one compiled loop."""
    import jax
    import jax.numpy as jnp
    import optax

    solver = optax.lbfgs(memory_size=MEMORY)

    def loop(x: Any, tol: Any, cap: Any, args: Any) -> Any:
        def fun(x: Any) -> Any:
            return task.fun(x, *args)

        value_and_grad = optax.value_and_grad_from_state(fun)

        def goes_on(carry: Any) -> Any:
            _, state, count = carry
            unfinished = jnp.max(jnp.abs(state[-1].grad)) > tol
            return (count == 1) | (unfinished & (count < cap))

        def turn(carry: Any) -> Any:
            x, state, count = carry
            value, slope = value_and_grad(x, state=state)
            updates, state = solver.update(slope, state, x, value=value, grad=slope, value_fn=fun)
            steps = state[-1].info.num_linesearch_steps
            return optax.apply_updates(x, updates), state, count + jnp.maximum(steps, 1)

        x, _, count = jax.lax.while_loop(goes_on, turn, (x, solver.init(x), jnp.asarray(1)))
        return x, count

    return _compiled_loop(task, loop)


def jaxopt(task: Task, *, name: str) -> Callable[[], Outcome]:
    """Run a solver of jaxopt's in our own loop: its stop measures the gradient in another norm."""
    import jax
    import jax.numpy as jnp
    import jaxopt

    solver = getattr(jaxopt, name)(
        task.fun, maxiter=task.max_evaluations, tol=0.0, history_size=MEMORY, implicit_diff=False
    )
    boxed = name == "LBFGSB"
    infinite = np.full(task.x0.shape, np.inf)
    lower = -infinite if task.lower is None else task.lower
    upper = infinite if task.upper is None else task.upper

    def loop(x: Any, tol: Any, cap: Any, args: Any) -> Any:
        more = ((lower, upper), *args) if boxed else args

        def goes_on(carry: Any) -> Any:
            x, state = carry
            slope = x - jnp.clip(x - state.grad, lower, upper)
            return (jnp.max(jnp.abs(slope)) > tol) & (state.num_fun_eval < cap)

        def turn(carry: Any) -> Any:
            return tuple(solver.update(carry[0], carry[1], *more))

        x, state = jax.lax.while_loop(goes_on, turn, (x, solver.init_state(x, *more)))
        return x, state.num_fun_eval

    return _compiled_loop(task, loop)


def optimistix(task: Task, *, name: str) -> Callable[[], Outcome]:
    """Run a solver of optimistix's, stopped by the gradient of the point that it accepted last.

    Its own stop, by the change of the point and of the value, is left at what only a descent that
    stands still meets.
    """
    import jax.numpy as jnp
    import optimistix

    base = getattr(optimistix, name)
    memory = {"history_length": MEMORY} if name == "LBFGS" else {}

    def loop(x: Any, tol: Any, cap: Any, args: Any) -> Any:  # noqa: ARG001
        class Solver(base):  # type: ignore[misc, valid-type]
            def terminate(self, fn: Any, y: Any, args: Any, options: Any, state: Any, tags: Any):
                stands, result = super().terminate(fn, y, args, options, state, tags)
                flat = jnp.max(jnp.abs(state.f_info.grad)) <= tol
                return stands | (flat & ~state.first_step), result

        found = optimistix.minimise(
            lambda x, args: task.fun(x, *args),
            Solver(rtol=1e-15, atol=1e-300, **memory),
            x,
            args,
            max_steps=task.max_evaluations,
            throw=False,
        )
        return found.value, found.stats["num_steps"]

    return _compiled_loop(task, loop)


def torch(task: Task) -> Callable[[], Outcome]:
    """Run PyTorch's L-BFGS with its strong Wolfe search, in one ``step`` of many iterations."""
    import torch

    given = task.args if task.torch_args is None else task.torch_args
    args = [torch.as_tensor(argument) for argument in given]

    def run() -> Outcome:
        x = torch.tensor(task.x0, requires_grad=True)
        solver = torch.optim.LBFGS(
            [x], lr=1.0, max_iter=task.max_evaluations, max_eval=task.max_evaluations,
            tolerance_grad=task.tol, tolerance_change=0.0, history_size=MEMORY,
            line_search_fn="strong_wolfe",
        )  # fmt: skip

        def closure() -> Any:
            solver.zero_grad()
            value = task.torch_fun(x, *args)
            value.backward()
            return value

        solver.step(closure)
        return Outcome(x.detach().numpy(), int(solver.state[x]["func_evals"]))

    return run
