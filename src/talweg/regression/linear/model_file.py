"""A fitted model as readable JSON, that predicts bit for bit the same when it is read back."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from talweg.atomic import atomic_write
from talweg.regression.linear.linear_model import Model
from talweg.regression.linear.model_reading import FORMAT, LINKS, VERSION, ModelReader
from talweg.regression.losses import LOSSES

__all__ = ["load_model", "save_model"]

_MOST_BYTES = 2**28


def save_model(
    model: Model, path: str | os.PathLike[str], *, overwrite: bool = False
) -> None:  # fmt: skip
    """Write a model to a file, as JSON.

    Numbers are written with as many digits as it takes to read the same ones back.

    Parameters
    ----------
    model : Model
    path : str or path
    overwrite : bool, default False
        Whether a file that is already there is replaced.

    Raises
    ------
    FileExistsError
        If there is one, and `overwrite` is False.
    ValueError
        If the loss is a function of the user's, or a coefficient isn't finite.
    """
    text = json.dumps(_document(model), indent=2, ensure_ascii=False, allow_nan=False)
    with atomic_write(path, overwrite) as file:
        file.write(text.encode() + b"\n")


def _document(model: Model) -> dict[str, Any]:
    import talweg

    if model.loss.name not in LOSSES or model.loss.function is not None:
        raise ValueError(f"a model with the loss {model.loss.name}, a function, can't be saved")
    numbers = [*model.coefficients, *([] if model.intercept is None else [model.intercept])]
    if not np.isfinite(numbers).all():
        raise ValueError("a coefficient isn't finite: there is no model to save")
    options = {"delta": model.loss.delta, "quantile": model.loss.quantile}
    link = {"link": LINKS.get(model.loss.name, "identity")}
    given = {name: value for name, value in options.items() if value is not None}
    return {
        "format": FORMAT,
        "version": VERSION,
        "talweg": talweg.__version__,
        "target": model.target,
        "loss": {"name": model.loss.name, **given, **link},
        "penalties": {"l1": float(model.l1), "l2": float(model.l2)},
        "intercept": _term(model.intercept, model.intercept_error),
        "columns": _columns(model),
        **_polynomial(model),
        "fit": {name: _plain(value) for name, value in model.facts.items()},
    }


def _term(value: float | None, error: float | None) -> dict[str, Any] | None:
    if value is None:
        return None
    return {"coefficient": float(value), "standard_error": _plain(error)}


def _columns(model: Model) -> list[dict[str, Any]]:
    """Return the columns, each with its coefficients."""
    errors = model.standard_errors
    given: Any = [None] * len(model.coefficients) if errors is None else errors
    terms = [_term(*pair) or {} for pair in zip(model.coefficients, given, strict=True)]
    records = []
    for column in model.encoding.columns:
        record: dict[str, Any] = {"name": column.name, "kind": column.kind}
        if column.fill is not None:
            record["missing"] = _plain(column.fill)
        if model.polynomial is not None:
            record["powers"] = [{"power": k, **term} for k, term in enumerate(terms, 1)]
        elif column.kind == "numeric":
            record.update(terms.pop(0))
        else:
            record["baseline"] = column.levels[0]
            record["levels"] = [{"level": level, **terms.pop(0)} for level in column.levels[1:]]
        records.append(record)
    return records


def _polynomial(model: Model) -> dict[str, Any]:
    """Return what a polynomial is evaluated by."""
    if model.polynomial is None:
        return {}
    basis, components = model.polynomial
    parts = {"alpha": basis.alpha, "beta": basis.beta, "squares": basis.squares,
             "components": components}  # fmt: skip
    lists = {name: np.asarray(part, float).tolist() for name, part in parts.items()}
    return {"polynomial": {"scale": float(basis.scale), **lists}}


def _plain(value: Any) -> Any:
    """Return a value for JSON, which has no NaN and no infinity."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def load_model(path: str | os.PathLike[str]) -> Model:
    """Read a model that `save_model` has written.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Model
        It predicts bit for bit what the one that was saved predicts.

    Raises
    ------
    OSError
        If the file can't be read.
    ValueError
        If it holds no model, or was written by a later version; or naming the field that is
        missing or wrong.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from talweg.regression.linear.linear_model import Model
    >>> from talweg.regression.losses import read_loss
    >>> from talweg.regression.tables.encoding import ColumnEncoding, Encoding
    >>> encoding = Encoding((ColumnEncoding("x", "numeric"),))
    >>> model = Model("y", encoding, np.array([0.1]), None, read_loss("poisson"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(model, Path(folder, "m.json"))
    ...     bool(load_model(Path(folder, "m.json")).predict([[7.0]]) == model.predict([[7.0]]))
    True
    """
    with open(path, "rb") as file:
        raw = file.read(_MOST_BYTES)
    try:
        document = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{os.fspath(path)}: this is no model: it isn't JSON ({error})") from error
    return ModelReader(os.fspath(path)).read(document)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}")
