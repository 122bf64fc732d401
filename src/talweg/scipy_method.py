"""talweg as a method of `scipy.optimize.minimize`."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from talweg.methods import METHODS
from talweg.minimization import minimize
from talweg.result import Result

__all__ = ["as_scipy_method"]

_SCIPYS = {"maxiter": "max_iter", "gtol": "tol"}
"""SciPy's names of options -> talweg's."""

_PASSED = {"method", "jac", "bounds", "callback"}  # what SciPy hands on beside the options


def as_scipy_method(method: Any = "lbfgs", **options: Any) -> Callable[..., Result]:
    """Return a method for ``scipy.optimize.minimize(..., method=...)``.

    Parameters
    ----------
    method : str, optax.GradientTransformation or method object, default "lbfgs"
        As `minimize` takes it.
    **options
        Those of `minimize`, as ``step``, ``fixed`` or ``memory``, and SciPy's names ``maxiter``
        (`max_iter`), ``gtol`` (`tol`; it goes before SciPy's own ``tol``) and ``disp`` (print how
        it ended). What SciPy's ``options={...}`` and ``tol`` say at a call goes before them.

    Returns
    -------
    callable
        Without ``jac``, or with one of SciPy's names for finite differences, the gradient is
        talweg's automatic one; ``jac=True`` or a callable is used as it is. ``bounds`` and
        ``callback`` mean what they mean to SciPy. Everything is computed in float64, as SciPy
        does.

    Raises
    ------
    ValueError
        If the method is unknown.
    TypeError
        If an option is unknown; when it is called, also for ``hess``, ``hessp`` and
        ``constraints``, which a descent along the gradient can't use.

    See Also
    --------
    minimize : The same without SciPy around it; of nests of arrays, too.

    Examples
    --------
    >>> import numpy as np
    >>> import scipy.optimize
    >>> import talweg
    >>> def fun(x, target):
    ...     return np.sum((x - target) ** 2)
    >>> result = scipy.optimize.minimize(
    ...     fun, np.zeros(2), args=(3.0,), bounds=[(0, 1), (None, None)],
    ...     method=talweg.as_scipy_method("lbfgs", memory=5), options={"maxiter": 100},
    ... )
    >>> result.success, result.x.round(6)
    (True, array([1., 3.]))
    """
    if isinstance(method, str) and method not in METHODS:
        raise ValueError(f"method={method!r} is unknown; choose from {', '.join(METHODS)}")
    made = _ScipyMethod(method, options)
    made.read({})
    return made


@dataclasses.dataclass(frozen=True, repr=False)
class _ScipyMethod:
    """What SciPy calls; a class, so that it can be pickled for other processes."""

    method: Any
    options: dict[str, Any]

    def __call__(
        self,
        fun: Callable[..., Any],
        x0: Any,
        args: Any = (),
        *,
        jac: Any = None,
        hess: Any = None,
        hessp: Any = None,
        bounds: Any = None,
        constraints: Any = (),
        callback: Callable[..., Any] | None = None,
        **options: Any,
    ) -> Result:
        """Minimise, called as SciPy calls a method."""
        _refuse(hess, hessp, constraints)
        read = self.read(options)
        disp = read.pop("disp", False)
        start = np.asarray(x0)
        if start.dtype.kind in "fiu":
            start = start.astype(np.float64)
        result = minimize(
            fun, start, args, jac=jac, method=self.method, bounds=_read_bounds(bounds),
            callback=callback, **read,
        )  # fmt: skip
        if disp:
            print(
                f"{result.message}\n    value {result.fun:.6g}, {result.nit} iterations, "
                f"{result.nfev} evaluations of value and gradient"
            )
        return result

    def read(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the options of a call by talweg's names, those given to it going first."""
        return {**self._translate(self.options), **self._translate(given)}

    def _translate(self, options: dict[str, Any]) -> dict[str, Any]:
        allowed = _allowed(self.method)
        for name in options:
            if name not in allowed:
                raise TypeError(
                    f"option {name!r} means nothing to {self!r}; it takes {', '.join(allowed)}"
                )
        if "maxiter" in options and "max_iter" in options:
            raise TypeError("maxiter and max_iter are the same option: give one of them")
        translated = {name: value for name, value in options.items() if name not in _SCIPYS}
        renamed = {_SCIPYS[name]: value for name, value in options.items() if name in _SCIPYS}
        return translated | renamed

    def __repr__(self) -> str:
        """Write it as it was made."""
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"talweg.as_scipy_method({self.method!r}{options})"


def _allowed(method: Any) -> list[str]:
    """Return the names of the options that a method takes, SciPy's first."""
    parameters = inspect.signature(minimize).parameters.values()
    common = [
        each.name
        for each in parameters
        if each.kind is inspect.Parameter.KEYWORD_ONLY and each.name not in _PASSED
    ]
    own = dataclasses.fields(METHODS[method][0]) if isinstance(method, str) else ()
    return [*_SCIPYS, "disp", *common, *(field.name for field in own)]


def _refuse(hess: Any, hessp: Any, constraints: Any) -> None:
    """Say what to do about what a descent along the gradient can't use."""
    for name, value in (("hess", hess), ("hessp", hessp)):
        if value is not None:
            raise TypeError(
                f"{name} can't be used: talweg goes by gradients alone. Leave it out, or take a "
                "method of SciPy's that uses it, as 'trust-ncg'"
            )
    if constraints is not None and not (isinstance(constraints, (list, tuple)) and not constraints):
        raise TypeError(
            "constraints can't be used: talweg takes bounds=..., and fixed=... for coordinates to "
            "hold. Write others as a penalty in the objective, or take SciPy's 'SLSQP' or "
            "'trust-constr'"
        )


def _read_bounds(bounds: Any) -> Any:
    """Return SciPy's bounds as talweg reads them: a Bounds object, or a list of pairs."""
    if bounds is None or (hasattr(bounds, "lb") and hasattr(bounds, "ub")):
        return bounds
    try:
        return [tuple(pair) for pair in bounds]
    except TypeError:
        raise TypeError(
            "bounds must be scipy.optimize.Bounds or a sequence of (low, high) pairs, one a "
            f"coordinate, not {bounds!r}"
        ) from None
