"""Results on disk: NumPy arrays and a table of contents in JSON, nothing that could be executed."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from talweg.atomic import atomic_write
from talweg.checkpoint import Checkpoint
from talweg.result import Result
from talweg.state import Trace

__all__ = ["load_result", "save_result"]

_FORMAT = "talweg result"
_VERSION = 1
_CONTENTS = "contents"
_CLASSES: dict[str, Any] = {"Trace": Trace, "Checkpoint": Checkpoint}


def save_result(result: Result, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a result to a file; see `Result.save`."""
    arrays: dict[str, np.ndarray] = {}
    contents = {
        "format": _FORMAT,
        "version": _VERSION,
        "result": {name: _pack(value, name, arrays) for name, value in result.items()},
    }
    table = np.frombuffer(json.dumps(contents).encode(), np.uint8)
    with atomic_write(path, overwrite) as file:
        np.savez(file, allow_pickle=False, **{_CONTENTS: table}, **arrays)


def load_result(path: str | os.PathLike[str]) -> Result:
    """Read a result that `Result.save` has written.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Result
        Equal to the one that was saved, and as good to go on from.

    Raises
    ------
    OSError
        If the file can't be read.
    ValueError
        If it holds no result, is damaged, or was written by a later version of talweg.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import talweg
    >>> def loss(x):
    ...     return (x[0] - 1) ** 4 + x[1] ** 2
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     talweg.minimize(loss, [3.0, 1.0], max_iter=5).save(Path(folder, "so_far.npz"))
    ...     earlier = talweg.load_result(Path(folder, "so_far.npz"))
    >>> talweg.minimize(loss, [3.0, 1.0], resume=earlier).success
    True
    """
    with open(path, "rb") as raw:
        try:
            with np.load(raw, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            contents = json.loads(arrays.pop(_CONTENTS).tobytes())
            kind, version = contents["format"], contents["version"]
        except Exception as error:  # NumPy's and zipfile's are of many kinds
            raise ValueError(
                f"{os.fspath(path)} holds no result of talweg, or is damaged"
            ) from error
    if kind != _FORMAT or version != _VERSION:
        raise ValueError(
            f"{os.fspath(path)} is of the format {kind!r}, version {version}; this talweg reads "
            f"{_FORMAT!r}, version {_VERSION}"
        )
    try:
        return Result({name: _unpack(value, arrays) for name, value in contents["result"].items()})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{os.fspath(path)} is damaged: a part of it is missing") from error


def _pack(value: Any, name: str, arrays: dict[str, np.ndarray]) -> Any:
    """Turn a value into what JSON can hold, its arrays put aside under numbered names."""
    if value is None or (isinstance(value, (bool, int, float, str)) and not _is_numpy(value)):
        return value
    if _is_numpy(value):
        key = f"array{len(arrays)}"
        arrays[key] = np.asarray(value)
        return {"scalar" if isinstance(value, np.generic) else "array": key}
    if type(value) in (list, tuple):
        return {type(value).__name__: [_pack(item, name, arrays) for item in value]}
    if type(value) is dict and all(isinstance(key, str) for key in value):
        return {"dict": {key: _pack(item, name, arrays) for key, item in value.items()}}
    if type(value).__name__ in _CLASSES and type(value) is _CLASSES[type(value).__name__]:
        parts = {key: _pack(item, name, arrays) for key, item in vars(value).items()}
        return {type(value).__name__: parts}
    raise TypeError(
        f"the result can't be saved: {name} holds a {type(value).__name__}, and only numbers, "
        "text, arrays, and dicts (with text as keys), lists and tuples of them can be"
    )


def _is_numpy(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic))


def _unpack(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    if kind in ("array", "scalar"):
        return arrays[inner] if kind == "array" else arrays[inner][()]
    if kind in ("list", "tuple"):
        items = [_unpack(item, arrays) for item in inner]
        return items if kind == "list" else tuple(items)
    parts = {key: _unpack(item, arrays) for key, item in inner.items()}
    return parts if kind == "dict" else _CLASSES[kind](**parts)
