"""What a function reads besides its arguments, so that a compiled copy of it never goes stale."""

from __future__ import annotations

import functools
import types
import zlib
from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np

__all__ = ["signature"]

_DEPTH = 6


def signature(value: Any, depth: int = 0, seen: frozenset[int] = frozenset()) -> Hashable:
    """Return something hashable that changes when `value`, or what it reads, changes.

    A function's signature is its code with the values of its closure, its defaults and the
    globals that it names; so two equal lambdas share one, and a function whose global has been
    assigned anew, or whose array was changed in place, has another one. What modules hold, and
    what lies deeper than a few objects, goes by identity.

    Examples
    --------
    >>> import numpy as np
    >>> target = np.zeros(3)
    >>> def loss(x):
    ...     return ((x - target) ** 2).sum()
    >>> before = signature(loss)
    >>> target[0] = 1.0
    >>> signature(loss) == before
    False
    """
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return (type(value).__name__, repr(value))
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind != "O":
        contents = np.ascontiguousarray(value).view(np.uint8) if value.size else b""
        # A trace refers to the array and not to a copy: equal contents don't make them the same.
        which = _Same(value) if isinstance(value, np.ndarray) else None
        return ("array", which, value.shape, value.dtype.str, zlib.crc32(contents))  # type: ignore[arg-type]
    if depth >= _DEPTH or id(value) in seen or isinstance(value, (type, types.ModuleType)):
        return _Same(value)
    inner = functools.partial(signature, depth=depth + 1, seen=seen | {id(value)})
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, *map(inner, value))
    if isinstance(value, dict):
        return ("dict", *((inner(key), inner(item)) for key, item in value.items()))
    if isinstance(value, (set, frozenset)):
        return (type(value).__name__, frozenset(map(inner, value)))
    if isinstance(value, types.FunctionType):
        return ("function", value.__code__, *((name, inner(v)) for name, v in _read_by(value)))
    if isinstance(value, types.MethodType):
        return ("method", inner(value.__func__), inner(value.__self__))
    if isinstance(value, functools.partial):
        return ("partial", inner(value.func), inner(value.args), inner(value.keywords))
    if hasattr(value, "__wrapped__"):
        return ("wrapped", _Same(value), inner(value.__wrapped__))
    if type(value).__module__.split(".")[0] in ("jax", "jaxlib") or not hasattr(value, "__dict__"):
        return _Same(value)
    method = type(value).__call__ if callable(value) else None
    return ("object", _Same(value), inner(vars(value)), inner(method))


def _read_by(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield the names and values that a Python function reads besides its arguments."""
    # One by one: a tuple made here would be another one at every call, where it goes by identity.
    yield "defaults", function.__defaults__
    yield "keyword defaults", function.__kwdefaults__
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            yield name, None
    for name in sorted(_names(function.__code__)):
        if name in function.__globals__:
            yield name, function.__globals__[name]


def _names(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names(constant)
    return names


class _Same:
    """An object that equals only itself, and is kept alive so that its identity stays its own."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)
