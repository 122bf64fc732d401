"""What `talweg.fit` is given, checked: parameters, data, what is held and what is bounded."""

from __future__ import annotations

import dataclasses
import difflib
import functools
from typing import Any

import jax
import numpy as np

from talweg.constraints import read_bounds, read_fixed
from talweg.structure import Structure, is_row, read_start

__all__ = ["Parameters", "read_parameters", "read_targets", "read_weight", "read_x"]


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Starting values as one flat vector, with what is held and what is bounded.

    Attributes
    ----------
    structure : Structure
    start : (p,) float64 ndarray
    names : tuple of str
        One a coordinate: ``"w0"``, ``"w[2, 3]"``, ``"layer.bias[0]"``; ``"params[0]"``
        where it is one array.
    held : (p,) bool ndarray
    lower, upper : (p,) ndarray
        Infinite where there is no bound.
    """

    structure: Structure
    start: np.ndarray
    names: tuple[str, ...]
    held: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @property
    def bounded(self) -> bool:
        """Whether some coordinate has a bound."""
        return bool(np.isfinite(self.lower).any() or np.isfinite(self.upper).any())


@functools.lru_cache(maxsize=256)
def _the_same(structure: Structure) -> Structure:
    """Return one and the same object for equal structures, by which compilations are found."""
    return structure


def read_parameters(params: Any, fixed: Any, bounds: Any) -> Parameters:
    """Flatten the starting values; `fixed` and `bounds` may name some of a dict only.

    Raises
    ------
    TypeError, ValueError
        As `talweg.minimize`, in terms of `params`; also if a name is none of the parameters.
    """
    try:
        structure, start = read_start(params)
        structure = _the_same(dataclasses.replace(structure, dtype="float64"))
        start = start.astype(np.float64)
        fixed = _filled(fixed, params, "fixed", False)
        mask = read_fixed(fixed, structure)
        box = _read_box(bounds, params, structure)
    except (TypeError, ValueError) as error:
        raise type(error)(str(error).replace("x0", "params")) from None
    held = np.zeros(start.size, bool) if mask is None else mask
    lower, upper = box
    names = _names(structure)
    outside = held & ((start < lower) | (start > upper))
    if outside.any():
        i = int(np.argmax(outside))
        raise ValueError(
            f"{names[i]} is held at {start[i]}, outside its bounds [{lower[i]}, {upper[i]}]"
        )
    inside = np.where(held, start, np.clip(start, lower, upper))
    return Parameters(structure, inside, names, held, lower, upper)


def _names(structure: Structure) -> tuple[str, ...]:
    tree = jax.tree_util.tree_unflatten(structure.tree, list(range(len(structure.shapes))))
    names = []
    paths = jax.tree_util.tree_flatten_with_path(tree)[0]
    for (path, _), shape in zip(paths, structure.shapes, strict=True):
        name = jax.tree_util.keystr(path, simple=True, separator=".") or "params"
        name = f"params.{name}" if name[0].isdigit() else name
        for index in np.ndindex(shape):
            names.append(f"{name}[{', '.join(map(str, index))}]" if index else name)
    return tuple(names)


def _filled(given: Any, params: Any, what: str, default: Any) -> Any:
    """Complete a dict that names some parameters only."""
    if not isinstance(given, dict) or not isinstance(params, dict):
        return given
    unknown = [name for name in given if name not in params]
    if unknown:
        near = difflib.get_close_matches(str(unknown[0]), map(str, params), 1, 0.4)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise ValueError(
            f"{what} names {unknown[0]!r}, which is no parameter{hint} The parameters are "
            f"{', '.join(map(str, params))}"
        )
    return {
        name: _complete(given.get(name, default), inner, what, default)
        for name, inner in params.items()
    }


def _complete(given: Any, inner: Any, what: str, default: Any) -> Any:
    if isinstance(inner, dict) and isinstance(given, dict):
        return _filled(given, inner, what, default)
    if isinstance(inner, (dict, list, tuple)) and not is_row(inner) and np.ndim(given) == 0:
        return jax.tree_util.tree_map(lambda _: given, inner, is_leaf=is_row)
    return given


def _read_box(bounds: Any, params: Any, structure: Structure) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(bounds, dict) and isinstance(params, dict):
        bounds = (_side(bounds, params, 0), _side(bounds, params, 1))
    elif isinstance(bounds, dict):
        raise TypeError("bounds is a dict, but params is none: give (lower, upper)")
    box = read_bounds(bounds, structure)
    if box is None:
        return np.full(structure.size, -np.inf), np.full(structure.size, np.inf)
    return box


def _side(bounds: dict[Any, Any], params: dict[Any, Any], side: int) -> Any:
    """Return the lower or the upper bounds, as a nest like the parameters."""
    _filled(dict.fromkeys(bounds), params, "bounds", None)  # the names
    default = (-np.inf, np.inf)[side]
    sides = {}
    for name, inner in params.items():
        pair = bounds.get(name, (None, None))
        if isinstance(pair, dict) and isinstance(inner, dict):
            sides[name] = _side(pair, inner, side)
            continue
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"bounds[{name!r}] must be a pair (low, high), not {pair!r}")
        value = default if pair[side] is None else pair[side]
        sides[name] = _complete(value, inner, "bounds", default)
    return sides


def read_x(x: Any) -> Any:
    """Check what the model gets beside the parameters; a data frame becomes a dict of columns.

    Raises
    ------
    ValueError
        If an array of it holds NaN or infinities.
    """
    if hasattr(x, "columns") and hasattr(x, "shape") and not isinstance(x, np.ndarray):
        x = {str(name): np.asarray(x[name]) for name in x.columns}
    elif is_row(x) or (isinstance(x, (list, tuple)) and all(map(is_row, x)) and _even(x)):
        x = np.asarray(x)
    return jax.tree_util.tree_map_with_path(_read_leaf, x)


def _even(rows: Any) -> bool:
    """Return whether a list of rows is a table written out; a tuple is several arrays."""
    return isinstance(rows, list) and len({len(row) for row in rows}) == 1


def _read_leaf(path: Any, leaf: Any) -> Any:
    if isinstance(leaf, (str, bytes)) or leaf is None or isinstance(leaf, (bool, int)):
        return leaf
    try:
        array = np.asarray(leaf)
    except (TypeError, ValueError):
        return leaf
    if array.dtype.kind not in "fiub":
        return leaf
    if array.dtype.kind == "f":
        array = array.astype(np.float64)
        _check_finite(array, f"x{jax.tree_util.keystr(path)}")
    return array


def _check_finite(array: np.ndarray, name: str) -> None:
    finite = np.isfinite(array)
    if not finite.all():
        place = np.unravel_index(int(np.argmin(finite)), array.shape)
        index = f"[{', '.join(map(str, place))}]" if place else ""
        raise ValueError(
            f"{name}{index} is {array[place]}; NaN and infinities can't be fitted: drop these rows"
        )


def read_targets(y: Any, loss: Any) -> np.ndarray:
    """Return the targets in double precision, checked against what the loss takes."""
    array = np.asarray(y)
    if array.ndim == 0:
        raise ValueError(f"y must be an array of targets, not the single value {y!r}")
    if array.size == 0:
        raise ValueError("y is empty: there is nothing to fit")
    loss.check_target(array, "y")
    return array.astype(np.float64)


def read_weight(weight: Any, y: np.ndarray) -> np.ndarray:
    """Return how much each target counts: ones, or what is given.

    Raises
    ------
    ValueError
        If it has not the shape of `y`, a weight is negative or not finite, or all are zero.
    """
    if weight is None:
        return np.ones(y.shape)
    array = np.asarray(weight, float)
    if array.shape != y.shape:
        raise ValueError(f"weight has the shape {array.shape}, where y has {y.shape}")
    _check_finite(array, "weight")
    if (array < 0.0).any():
        place = np.unravel_index(int(np.argmax(array < 0.0)), array.shape)
        where = ", ".join(map(str, place))
        raise ValueError(f"weight[{where}] is {array[place]}: weights must not be negative")
    if not array.any():
        raise ValueError("all weights are zero: nothing is left to fit")
    return array
