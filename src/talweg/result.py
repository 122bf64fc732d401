"""What a minimisation returns."""

from __future__ import annotations

import scipy.optimize

from talweg.descent import Ending
from talweg.state import Trace

__all__ = ["Result"]


class Result(scipy.optimize.OptimizeResult):  # type: ignore[misc]
    """The best point of a descent, and how it was reached.

    A `scipy.optimize.OptimizeResult`: a dict whose keys are attributes too.

    Attributes
    ----------
    x : array or nest of arrays, as x0
        The best finite point seen.
    fun : float
        The objective's value there.
    jac : array or nest of arrays, as x0
        Its gradient there; zero along fixed coordinates.
    gradient_norm : float
        Largest absolute component of the projected gradient at `x`.
    nit, nfev, njev : int
        Iterations, and evaluations of the objective (each with its gradient).
    success : bool
        Whether it converged.
    status : int
        0 or 10 (converged), or the number of another `Status`.
    message : str
        Why it ended.
    trace : Trace
        Every iterate's value, gradient norm, step, evaluations and seconds.

    Examples
    --------
    >>> import talweg
    >>> result = talweg.minimize(lambda x: (x - 3) ** 2, 0.0)
    >>> result.success, round(float(result.x), 6)
    (True, 3.0)
    >>> result.trace
    Trace(... iterates, fun 9 -> ...)
    """

    trace: Trace

    @classmethod
    def of(cls, ending: Ending) -> Result:
        """Dress the ending of a descent."""
        return cls(
            message=ending.message, success=ending.success, status=int(ending.status),
            fun=ending.fun, x=ending.x, jac=ending.jac, gradient_norm=ending.gradient_norm,
            nit=ending.nit, nfev=ending.nfev, njev=ending.nfev, trace=ending.trace,
        )  # fmt: skip
