"""What a minimisation returns."""

from __future__ import annotations

import os
from typing import Any

import scipy.optimize

from talweg import result_curves, result_views
from talweg.ending import Ending
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
    checkpoint : Checkpoint
        Where the descent stands, for ``minimize(..., resume=result)``.

    Examples
    --------
    >>> import talweg
    >>> result = talweg.minimize(lambda x: (x - 3) ** 2, 0.0)
    >>> result.success, round(float(result.x), 6)
    (True, 3.0)
    >>> result.trace
    Trace(... iterates, fun 9 -> ...)

    It is written short, shown in a notebook with its curves, and drawn by matplotlib:

    >>> result
          message: converged: ...
          success: True
           status: 0 (converged)
              fun: ...
                x: ...
    gradient_norm: ...
              nit: ...
             nfev: ...
            trace: Trace(... iterates, fun 9 -> ...)
    >>> result.plot(against="evaluations").get_xlabel()
    'evaluations of value and gradient'
    """

    trace: Trace

    @classmethod
    def of(cls, ending: Ending) -> Result:
        """Dress the ending of a descent."""
        return cls(
            message=ending.message, success=ending.success, status=int(ending.status),
            fun=ending.fun, x=ending.x, jac=ending.jac, gradient_norm=ending.gradient_norm,
            nit=ending.nit, nfev=ending.nfev, njev=ending.nfev, trace=ending.trace,
            checkpoint=ending.checkpoint,
        )  # fmt: skip

    def plot(self, ax: Any = None, *, against: str = "iteration") -> Any:
        """Draw the value and the gradient norm with matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure. The gradient norm gets an axis of its own, on
            the right.
        against : str, default "iteration"
            ``"iteration"``, ``"evaluations"`` or ``"seconds"``.

        Returns
        -------
        matplotlib.axes.Axes
            The one with the value. A value that spans decades is drawn on a log scale: as it is
            where it is positive, else as how far it is above the lowest.

        Raises
        ------
        ValueError
            If `against` is none of these.
        """
        return result_curves.plot(self.trace, ax, against)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write everything to a file, for `talweg.load_result`, also from where to go on.

        The file is a NumPy ``.npz`` archive, whatever its name: arrays, and a table of contents
        in JSON. It is written whole or not at all.

        Parameters
        ----------
        path : str or path
        overwrite : bool, default False
            Whether a file that is already there is replaced.

        Raises
        ------
        FileExistsError
            If there is a file and `overwrite` is False.
        TypeError
            If `x` is a nest of anything but dicts (with text as keys), lists and tuples.
        OSError
            If the file can't be written.
        """
        from talweg.saved_result import save_result

        save_result(self, path, overwrite=overwrite)

    def copy(self) -> Result:
        """Return a copy of the same type, whose values are the same objects."""
        return type(self)(self)

    def __repr__(self) -> str:
        """Say how it went, in a few lines whatever the size of `x`."""
        return result_views.text(self)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: a table, and the curves as SVG."""
        return result_views.html(self)

    def __dir__(self) -> list[str]:
        """Return the keys, and what a result can do."""
        return sorted({*self, *object.__dir__(self)})
