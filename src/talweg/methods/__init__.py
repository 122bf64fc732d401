"""The methods, each told values and gradients, none calling the objective.

A method makes three moves:

- ``start(x)``: the state before anything is known; its trial is `x`;
- ``trial(state, constraints)``: the next point to evaluate;
- ``advance(state, fun, gradient, constraints)``: told the value and the gradient at the trial,
  the next state; with ``needs_hessian``, a fifth argument tells the second derivatives there.
  ``state.accepted`` says whether the trial became the iterate ``state.x``, ``state.status`` whether
  the method can go on, and if not, why.

``monotone`` says whether no iterate's value is above the one before, ``evaluates_iterates``
whether every iterate's value was evaluated there, not deduced, ``scale_free`` whether a multiple
of the function would have the same iterates, ``fits_single_kernel`` whether all its operations are
among those that `talweg.single_kernel` knows.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from talweg.methods.adam import Adam
from talweg.methods.barzilai_borwein import BarzilaiBorwein
from talweg.methods.conjugate_gradient import ConjugateGradient, LinearConjugateGradient
from talweg.methods.descent import Descent
from talweg.methods.gradient import Gradient, Sign
from talweg.methods.lbfgs import LBFGS
from talweg.methods.momentum import Momentum, Nesterov
from talweg.methods.newton import Newton
from talweg.methods.optax import Optax, is_transformation
from talweg.steps import Backtracking, Nonmonotone, StrongWolfe, read_step

__all__ = [
    "LBFGS",
    "METHODS",
    "Adam",
    "BarzilaiBorwein",
    "ConjugateGradient",
    "Descent",
    "Gradient",
    "LinearConjugateGradient",
    "Momentum",
    "Nesterov",
    "Newton",
    "Optax",
    "Sign",
    "check_stochastic",
    "read_method",
]

METHODS: dict[str, tuple[Any, Any]] = {
    "gradient": (Gradient, Backtracking()),
    "sign": (Sign, Backtracking()),
    "momentum": (Momentum, Backtracking()),
    "nesterov": (Nesterov, Backtracking()),
    "adam": (Adam, read_step(0.001)),
    "barzilai_borwein": (BarzilaiBorwein, Nonmonotone()),
    "conjugate_gradient": (ConjugateGradient, StrongWolfe(curvature=0.1)),
    "lbfgs": (LBFGS, StrongWolfe()),
    "newton": (Newton, Backtracking()),
}
"""Name of a method -> its direction, and the step it takes where none is given."""


def read_method(method: Any, step: Any, options: dict[str, Any]) -> Any:
    """Turn what the user gave as `method`, `step` and options into a method object.

    Parameters
    ----------
    method : str, optax.GradientTransformation, or a method object
    step : None or anything that `talweg.steps.read_step` takes
    options : dict
        The direction's own options, as ``momentum`` or ``memory``.

    Raises
    ------
    ValueError
        If the method is unknown, or an option's value can't be.
    TypeError
        If an option or a step means nothing to the method; the message names what does.
    """
    if not isinstance(method, str):
        if options or step is not None:
            given = ", ".join([*options, *(["step"] if step is not None else [])])
            raise TypeError(
                f"{given}: a method given as an object carries its own options and step sizes"
            )
        if is_transformation(method):
            return Optax(method)
        if isinstance(method, type) or not hasattr(method, "advance"):
            raise TypeError(
                f"method={method!r} is neither a name ({', '.join(METHODS)}), an optax "
                "transformation, nor a method object"
            )
        return method
    if method not in METHODS:
        raise ValueError(f"method={method!r} is unknown; choose from {', '.join(METHODS)}")
    direction, default_step = METHODS[method]
    known = [field.name for field in dataclasses.fields(direction)]
    for name in options:
        if name not in known:
            hint = f"it takes {', '.join(known)}" if known else "it takes no options of its own"
            raise TypeError(f"method {method!r} has no option {name!r}; {hint}")
    _check_options(options)
    chosen = default_step if step is None else read_step(step)
    if method == "conjugate_gradient" and step is not None and not isinstance(chosen, StrongWolfe):
        raise TypeError(
            "method 'conjugate_gradient' takes step='strong_wolfe' or a StrongWolfe object: "
            "with any other step its directions need not lead downhill"
        )
    return Descent(direction(**options), chosen)


def check_stochastic(method: Any, jac: Any) -> None:
    """Refuse what can't be descended by on batches of data.

    Raises
    ------
    TypeError
        If the method compares values or gradients from one evaluation to the next, which belong
        to different batches; if the gradient is given.
    """
    if isinstance(method, Optax):
        compares = False
    else:
        compares = not isinstance(method, Descent) or (
            method.step.needs_descent or method.rule.natural
        )
    if compares:
        raise TypeError(
            "with batches, values of one evaluation can't be compared with those of the next: "
            "take method 'gradient', 'sign', 'momentum', 'nesterov' or 'adam' with a step size or "
            "a schedule, as step=0.01, or an optax transformation"
        )
    if jac is not None:
        raise TypeError("batches and jac can't be given together: the gradient is automatic")


def _check_options(options: dict[str, Any]) -> None:
    for name in ("momentum", "beta1", "beta2"):
        share = options.get(name, 0.0)
        if not isinstance(share, (int, float)) or not 0.0 <= share < 1.0:
            raise ValueError(f"{name} is {share!r}: it must be a number from 0 to below 1")
    epsilon = options.get("epsilon", 1.0)
    if not isinstance(epsilon, (int, float)) or not 0.0 < epsilon < math.inf:
        raise ValueError(f"epsilon is {epsilon!r}: it must be a positive number")
    if "memory" in options:
        memory = options["memory"]
        if not isinstance(memory, int) or isinstance(memory, bool) or memory < 1:
            raise ValueError(f"memory is {memory!r}: it must be a whole number of at least 1")
