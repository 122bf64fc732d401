"""Nests of arrays seen as one flat vector, and back."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np

__all__ = ["Structure", "is_row", "read_start"]


@dataclasses.dataclass(frozen=True)
class Structure:
    """The shape of a point: how a flat vector is cut into the user's arrays.

    Hashable, so that it can be part of what a compiled function is looked up by.
    """

    tree: Any
    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    dtype: str

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return sum(int(np.prod(shape)) for shape in self.shapes)

    @property
    def is_array(self) -> bool:
        """Whether the point is one array, not a nest of them."""
        return jax.tree_util.treedef_is_leaf(self.tree)

    def unravel(self, vector: Any) -> Any:
        """Cut a flat vector (NumPy, JAX or autograd) into the user's arrays."""
        leaves, start = [], 0
        for shape in self.shapes:
            stop = start + int(np.prod(shape))
            piece = vector if len(self.shapes) == 1 else vector[start:stop]
            leaves.append(piece.reshape(shape))
            start = stop
        return jax.tree_util.tree_unflatten(self.tree, leaves)

    def to_user(self, vector: Any) -> Any:
        """Like `unravel`, in NumPy arrays that share the vector's memory; scalars as scalars."""
        return jax.tree_util.tree_map(lambda leaf: leaf[()], self.unravel(vector))

    def ravel(self, tree: Any, what: str, dtype: Any = None) -> np.ndarray:
        """Flatten a nest like x0's, or something that broadcasts to each of its arrays.

        Raises
        ------
        TypeError
            If it is made of something else than numbers.
        ValueError
            If `tree` has neither x0's structure nor broadcasts to its arrays.
        """
        if not isinstance(tree, (dict, list, tuple)) or self.is_array:
            leaves = [tree] * len(self.shapes)
        else:
            leaves, given = jax.tree_util.tree_flatten(tree, is_leaf=is_row)
            if given != self.tree:
                raise ValueError(f"{what} has the structure {given}, x0 has {self.tree}")
        pieces = []
        for name, leaf, shape in zip(self.names, leaves, self.shapes, strict=True):
            try:
                array = np.asarray(leaf, dtype=dtype)
            except (TypeError, ValueError):
                raise TypeError(
                    f"{what}{name} is {leaf!r}: it must be an array of numbers"
                ) from None
            try:
                pieces.append(np.broadcast_to(array, shape).ravel())
            except ValueError:
                raise ValueError(
                    f"{what}{name} has the shape {array.shape}, which does not broadcast to "
                    f"x0{name}'s {shape}"
                ) from None
        return np.concatenate(pieces) if pieces else np.zeros(0, dtype)

    def locate(self, index: int) -> str:
        """Name the coordinate at a flat index in the user's terms, as ``x0['w'][2, 3]``."""
        for name, shape in zip(self.names, self.shapes, strict=True):
            size = int(np.prod(shape))
            if index < size:
                where = ", ".join(str(int(i)) for i in np.unravel_index(index, shape))
                return f"x0{name}[{where}]" if where else f"x0{name}"
            index -= size
        raise IndexError(index)


def is_row(value: Any) -> bool:
    """Return whether a list or tuple is an array written out: plain numbers and nothing else."""
    return (
        isinstance(value, (list, tuple))
        and len(value) > 0
        and all(isinstance(item, (bool, int, float, np.generic)) for item in value)
    )


def read_start(x0: Any) -> tuple[Structure, np.ndarray]:
    """Check a starting point and flatten it.

    Parameters
    ----------
    x0 : array_like or nest of dicts, lists and tuples of array_like
        A list or tuple of plain numbers is one array, as in SciPy, wherever it stands.

    Returns
    -------
    structure : Structure
    vector : (n,) ndarray
        float32 if every array of `x0` is float32, else float64.

    Raises
    ------
    TypeError
        If `x0` is not made of real floating-point numbers.
    ValueError
        If `x0` is empty, or holds a NaN or an infinity.
    """
    with_paths, tree = jax.tree_util.tree_flatten_with_path(x0, is_leaf=is_row)
    names = tuple(jax.tree_util.keystr(path) for path, _ in with_paths)
    arrays = []
    for name, leaf in zip(names, (leaf for _, leaf in with_paths), strict=True):
        array = np.asarray(leaf)
        if not np.issubdtype(array.dtype, np.floating):
            hint = "; write it with floats, as 1.0 for 1" if array.dtype.kind in "iu" else ""
            raise TypeError(f"x0{name} has the type {array.dtype}, not a real floating one{hint}")
        arrays.append(array)
    narrow = all(array.dtype == np.float32 for array in arrays)
    structure = Structure(
        tree, names, tuple(a.shape for a in arrays), "float32" if narrow and arrays else "float64"
    )
    if structure.size == 0:
        raise ValueError("x0 is empty: there is no coordinate to descend along")
    vector = np.concatenate([a.ravel() for a in arrays], dtype=structure.dtype)
    finite = np.isfinite(vector)
    if not finite.all():
        worst = int(np.argmin(finite))
        raise ValueError(f"{structure.locate(worst)} is {vector[worst]}: x0 must be finite")
    return structure, vector
