"""Differentiate a function written in plain NumPy, by handing its calls to autograd."""

from __future__ import annotations

import functools
import importlib
import warnings
from collections.abc import Callable
from typing import Any

import autograd.numpy
import numpy as np
from autograd.core import make_vjp
from autograd.tracer import Box, getval
from numpy.lib.mixins import NDArrayOperatorsMixin

__all__ = ["NotDifferentiable", "TracedArray", "record", "value_and_gradient"]

_NAMESPACES = {
    "numpy": autograd.numpy,
    "numpy.linalg": autograd.numpy.linalg,
    "numpy.fft": autograd.numpy.fft,
}
_SIZES = {"itemsize", "nbytes", "strides"}
_REDUCTIONS = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min"}


class NotDifferentiable(TypeError):  # noqa: N818  (the name says it)
    """A NumPy call that can't be differentiated; the message says what to write instead."""


class TracedArray(NDArrayOperatorsMixin):
    """An array that NumPy's functions take as one of theirs, while autograd records them.

    It implements NumPy's dispatch protocols ``__array_ufunc__`` and ``__array_function__`` (NEP 13
    and NEP 18) by calling autograd's version of the function.
    """

    def __init__(self, box: Any) -> None:
        self._box = box

    def __array_ufunc__(self, ufunc: np.ufunc, how: str, *inputs: Any, **options: Any) -> Any:
        """Call autograd's version of a NumPy or SciPy ufunc."""
        # a += b arrives as add(a, b, out=(a,)): a gets a new array, as in autograd.
        if any(not isinstance(target, TracedArray) for target in options.pop("out", ())):
            raise NotDifferentiable(
                f"numpy.{ufunc.__name__} writes into an existing array, which can't be "
                "differentiated: write a = a + b for a += b"
            )
        name = ufunc.__name__
        if how == "reduce" and name in _REDUCTIONS:
            name, options = _REDUCTIONS[name], {"axis": 0} | options
        elif how != "__call__":
            raise NotDifferentiable(f"numpy.{name}.{how} can't be differentiated")
        return _call(_autograd_ufunc(name), inputs, options)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        """Call autograd's version of a NumPy function."""
        return _call(_autograd_function(function), inputs, options)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        """Refuse to become a plain array, which would lose the gradient."""
        raise NotDifferentiable(
            "numpy.array() or asarray() of values that are being differentiated would lose the "
            "gradient: build arrays with numpy.stack or numpy.concatenate, and don't assign into "
            "an existing one"
        )

    def __getattr__(self, name: str) -> Any:
        """Give the attributes and methods of an array: shape, T, sum, reshape, ..."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name == "copy":  # it is never changed
            return lambda *_, **__: self
        found = getattr(self._box, name, None)
        if name == "dot":
            found = functools.partial(autograd.numpy.dot, self._box)
        if found is None:
            found = getattr(getval(self._box), name)
            if name not in _SIZES:  # what else an array has would lose the gradient
                call = "()" if callable(found) else ""
                raise NotDifferentiable(f"autograd does not know .{name}{call} of an array")
        if callable(found):
            return lambda *inputs, **options: _call(found, inputs, options)
        return _wrap(found)

    def __getitem__(self, index: Any) -> Any:
        """Index or slice."""
        return TracedArray(self._box[_unwrap(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        """Refuse to be changed in place."""
        raise NotDifferentiable(
            "assigning into an array that is being differentiated is not possible: build a new "
            "one with numpy.where, numpy.stack or numpy.concatenate"
        )

    def __len__(self) -> int:
        """Return the length of the first axis."""
        return len(getval(self._box))

    def __iter__(self) -> Any:
        """Iterate over the first axis."""
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        """Return the truth of the value, for control flow."""
        return bool(getval(self._box))

    def __float__(self) -> float:
        """Refuse to become a plain number, which would lose the gradient."""
        raise NotDifferentiable(
            "float(), a function of the math module, or assignment into a plain array would lose "
            "the gradient of a value that is being differentiated: use NumPy's functions, as "
            "numpy.sin for math.sin, and build arrays with numpy.stack, numpy.concatenate or "
            "numpy.where"
        )

    def __repr__(self) -> str:
        """Show the value."""
        return repr(getval(self._box))

    def __str__(self) -> str:
        """Show the value."""
        return str(getval(self._box))

    def __format__(self, specification: str) -> str:
        """Show the value."""
        return format(getval(self._box), specification)


# A function may make thousands of calls, so these are looked up once.
@functools.cache
def _autograd_ufunc(name: str) -> Callable[..., Any]:
    for namespace in ("autograd.numpy", "autograd.scipy.special"):
        # SciPy takes half a second to load, so autograd's version of it waits until asked for.
        module = importlib.import_module(namespace)
        if hasattr(module, name):
            function: Callable[..., Any] = getattr(module, name)
            return function
    raise NotDifferentiable(f"autograd does not know numpy.{name}")


@functools.cache
def _autograd_function(function: Any) -> Callable[..., Any]:
    namespace = _NAMESPACES.get(function.__module__)
    if not hasattr(namespace, function.__name__):
        raise NotDifferentiable(f"autograd does not know {function.__module__}.{function.__name__}")
    found: Callable[..., Any] = getattr(namespace, function.__name__)
    return found


def _wrap(value: Any) -> Any:
    if isinstance(value, Box):
        return TracedArray(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map(_wrap, value))
    return value


def _unwrap(value: Any) -> Any:
    kind = type(value)
    if kind is TracedArray:
        return value._box
    if kind is list or kind is tuple:
        return kind(map(_unwrap, value))
    return value


def _call(function: Callable[..., Any], inputs: Any, options: dict[str, Any]) -> Any:
    plain = {name: _unwrap(value) for name, value in options.items()} if options else {}
    return _wrap(function(*map(_unwrap, inputs), **plain))


def record(fun: Callable[[Any], Any], proxy: bool, box: Any) -> Any:
    """Call a function so that autograd records it, by the proxy or as it is."""
    if proxy:
        return _unwrap(fun(_wrap(box)))
    value = fun(box)
    if not isinstance(value, Box):
        raise NotDifferentiable("the value does not depend on what is being differentiated")
    return value


def value_and_gradient(
    fun: Callable[[Any], Any], x: np.ndarray, *, proxy: bool = True
) -> tuple[Any, np.ndarray]:
    """Evaluate a function of a flat vector, and its gradient.

    Parameters
    ----------
    fun : callable
        Takes an array and returns a number; written with ``numpy`` or ``autograd.numpy``.
    x : (n,) ndarray
    proxy : bool, default True
        Whether to hand `fun` a `TracedArray`. If not, it gets autograd's own array, the only one
        that ``autograd.numpy.array`` and its kin can build arrays of.

    Returns
    -------
    value : scalar
    gradient : (n,) ndarray

    Raises
    ------
    NotDifferentiable
        If a call in it can't be differentiated.

    Examples
    --------
    >>> import numpy as np
    >>> value, gradient = value_and_gradient(lambda x: np.linalg.norm(x), np.array([3.0, 4.0]))
    >>> float(value), gradient.round(3).tolist()
    (5.0, [0.6, 0.8])
    """
    try:
        # What isn't finite is met by the descent, which steps back from it.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # A constant has the gradient zero, which is no reason to warn.
            warnings.filterwarnings("ignore", "Output seems independent", UserWarning)
            pull_back, value = make_vjp(functools.partial(record, fun, proxy), x)
            if np.ndim(value) != 0:
                return value, np.zeros_like(x)  # not a number: the caller says so
            gradient = pull_back(np.ones((), np.asarray(value).dtype)[()])
    except NotImplementedError as error:
        raise NotDifferentiable(f"autograd can't differentiate this: {error}") from error
    except ValueError as error:  # so NumPy wraps what went wrong as it assigned into an array
        if isinstance(error.__cause__, NotDifferentiable):
            raise error.__cause__ from error
        raise
    return value, np.asarray(gradient)
