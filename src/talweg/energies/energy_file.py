"""Files of learned energies: NumPy's archive of arrays, and a card in JSON. No code in them."""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from talweg.atomic import atomic_write
from talweg.energies.fields import SIDE, fields_energy
from talweg.energies.learned import FEATURES, LearnedEnergy, Parameters
from talweg.errors import ImageError

__all__ = ["load_energy", "save_energy"]

_VERSION = 1
_SMALL = 100  # numbers; so few are kept in float32
_LARGEST = 64 * 2**20  # bytes; a larger file isn't read, nor one that unpacks to more


def save_energy(
    path: str | os.PathLike[str], energy: LearnedEnergy, *, overwrite: bool = False
) -> None:
    """Write a learned energy to a file, whole or not at all.

    The file is an ``.npz`` archive, compressed, of arrays named as the fields of
    `talweg.energies.learned.Parameters`, those of more than 100 numbers in float16 (rounded by at
    most one part in 2048, numbers below 6e-5 by 3e-8), the others in float32; and of the array
    ``card``: the card as JSON in UTF-8, in bytes. The same energy makes the same file.

    Parameters
    ----------
    path : str or path
        By custom it ends in ``.energy``.
    energy : LearnedEnergy
    overwrite : bool, default False
        Whether a file that is there is replaced.

    Raises
    ------
    TypeError
        If `energy` isn't a learned one.
    ValueError
        If a number of its parameters isn't finite, or too large for the file; or its card can't be
        written as JSON.
    FileExistsError
        If there is a file, and `overwrite` is False.
    OSError
        If it can't be written.

    Examples
    --------
    >>> import tempfile
    >>> from talweg.energies import read_energy
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_energy(folder + "/copy.energy", read_energy("fields"))
    ...     load_energy(folder + "/copy.energy").name
    'copy'
    """
    if not isinstance(energy, LearnedEnergy):
        raise TypeError(f"energy must be a LearnedEnergy, not {type(energy).__name__}")
    card = json.dumps({**energy.card, "version": _VERSION}, allow_nan=False).encode()
    arrays = {
        name: _rounded(name, np.asarray(array))
        for name, array in energy.parameters._asdict().items()
    }
    with atomic_write(path, overwrite) as file:
        np.savez_compressed(file, card=np.frombuffer(card, np.uint8), **arrays)  # type: ignore[arg-type]


def _rounded(name: str, array: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return an array as the file keeps it."""
    with np.errstate(over="ignore"):
        rounded: NDArray[np.floating] = array.astype(
            np.float16 if array.size > _SMALL else np.float32
        )
    wrong = array[~np.isfinite(rounded)]
    if wrong.size:
        raise ValueError(f"the energy's {name} hold {wrong[0]}, which its file can't keep")
    return rounded


def load_energy(path: str | os.PathLike[str]) -> LearnedEnergy:
    """Read a learned energy from a file.

    Nothing in the file is executed, and nothing is unpacked that is larger than 64 MiB.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    LearnedEnergy
        Named as the file, without its ending.

    Raises
    ------
    ImageError
        If the file isn't one of a learned energy, is damaged, or of a later version.
    OSError
        If it can't be read: there is no such file, or it is a folder.

    Examples
    --------
    >>> import talweg
    >>> talweg.load_energy("no.energy")
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: 'no.energy'
    """
    with open(path, "rb") as file:
        content = file.read(_LARGEST + 1)
    try:
        card, parameters = _parsed(content)
    except _UnfitError as error:
        raise ImageError(f"{os.fspath(path)}: {error}") from error
    except Exception as error:  # what zipfile, zlib, NumPy and json raise of bytes at random
        reason = str(error).split("\n", maxsplit=1)[0] or type(error).__name__
        raise ImageError(
            f"{os.fspath(path)}: not the file of a learned energy, or a damaged one ({reason}); "
            "give one that talweg train has written"
        ) from error
    return LearnedEnergy(Path(path).stem, fields_energy, parameters=parameters, card=card)


class _UnfitError(Exception):
    """An archive whose content can't be used: says why."""


def _parsed(content: bytes) -> tuple[dict[str, Any], Parameters]:
    """Return what a file holds; its version is looked at before the arrays."""
    if len(content) > _LARGEST:
        raise _UnfitError(f"it has more than {_LARGEST:,} bytes; no learned energy is so large")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        size = sum(entry.file_size for entry in archive.infolist())
        if size > _LARGEST:
            raise _UnfitError(
                f"it unpacks to {size:,} bytes; a learned energy has at most {_LARGEST:,}"
            )
        lacking = [name for name in ("card", *Parameters._fields) if f"{name}.npy" not in entries]
        if lacking:
            raise _UnfitError(f"not the file of a learned energy: it lacks {', '.join(lacking)}")
        card = _read_card(_read_array(archive, "card", "u"))
        arrays = (_read_array(archive, name, "f") for name in Parameters._fields)
        parameters = Parameters(*(array.astype(np.float32) for array in arrays))
    _check(parameters)
    return card, parameters


def _read_array(archive: zipfile.ZipFile, name: str, kind: str) -> NDArray[Any]:
    """Return one array. What its header claims is held against the bytes that there are."""
    raw = archive.read(f"{name}.npy")
    stream = io.BytesIO(raw)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise _UnfitError(f"{name} is not an array in NumPy's format 1.0")
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.kind != kind or dtype.itemsize > 4:
        raise _UnfitError(
            f"{name} holds {dtype}, not {'bytes' if kind == 'u' else 'float16 or float32'}"
        )
    held = len(raw) - stream.tell()
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != held:
        raise _UnfitError(f"{name} claims the shape {shape} of {dtype}, but has {held} bytes")
    array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(raw), allow_pickle=False)
    return array


def _read_card(raw: NDArray[Any]) -> dict[str, Any]:
    try:
        card = json.loads(raw.astype(np.uint8).tobytes())
    except (ValueError, RecursionError) as error:
        raise _UnfitError(f"the card of the learned energy isn't JSON ({error})") from error
    version = card.get("version") if isinstance(card, dict) else None
    if not isinstance(version, int):
        raise _UnfitError("the card of the learned energy names no version")
    if version != _VERSION:
        raise _UnfitError(
            f"a learned energy of version {version}; this talweg reads version {_VERSION}, another "
            "one may read it"
        )
    for name, most in (("noise", 256.0), ("missing", 1.0)):
        if card.get(name) is not None and not _is_range(card[name], most):
            raise _UnfitError(f"the card's {name} is {card[name]!r}, not a range below {most:g}")
    return dict(card)


def _is_range(ends: Any, most: float) -> bool:
    pair = isinstance(ends, list) and len(ends) == 2
    return pair and all(type(end) in (int, float) and 0.0 < end < most for end in ends)


def _check(parameters: Parameters) -> None:
    """Refuse arrays that don't fit together, or aren't finite."""
    filters = parameters.filters
    if filters.ndim != 3 or filters.shape[2] != SIDE * SIDE or 0 in filters.shape:
        raise _UnfitError(
            f"filters of shape {filters.shape}; they must be (scales, filters, {SIDE * SIDE})"
        )
    scales, count = filters.shape[:2]
    fields = parameters.weights.shape[-1] if parameters.weights.ndim else 0
    steps = parameters.steps.size
    shapes = Parameters(
        filters.shape, (scales, fields, count), (scales, fields), (scales, FEATURES, count),
        (scales, FEATURES, fields), (steps,), (steps, FEATURES), (steps, 2), (steps,), (),
        (FEATURES,),
    )  # fmt: skip
    for name, array, shape in zip(Parameters._fields, parameters, shapes, strict=True):
        if array.shape != shape or not array.size:
            raise _UnfitError(
                f"{name} of the learned energy has the shape {array.shape}, not {shape}"
            )
        if not np.isfinite(array).all():
            raise _UnfitError(f"{name} of the learned energy holds numbers that aren't finite")
