"""Reading a model from JSON: every field is checked, and the one that is wrong is named."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from talweg.regression.linear.linear_model import Model
from talweg.regression.losses import LOSSES, Loss, read_loss
from talweg.regression.squares.orthogonal_polynomials import OrthogonalPolynomials
from talweg.regression.tables.encoding import ColumnEncoding, Encoding

__all__ = ["FORMAT", "LINKS", "VERSION", "ModelReader"]

FORMAT = "talweg model"
VERSION = 1
LINKS = {"logistic": "logit", "poisson": "log"}
"""Loss -> link, where that is not the identity."""

_KINDS = ("numeric", "categorical")


@dataclasses.dataclass(frozen=True)
class ModelReader:
    """Makes a model of what `json.load` returned.

    Parameters
    ----------
    path : str
        Of the file, for messages.
    """

    path: str

    def read(self, document: Any) -> Model:
        """Return the model."""
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ValueError(f'{self.path}: this is no model: it doesn\'t say "format": "{FORMAT}"')
        version = document.get("version")
        if type(version) is not int or version < 1:
            self._fail("version", version, f"the number {VERSION}")
        if version > VERSION:
            raise ValueError(
                f"{self.path}: this model is of version {version}, and this talweg reads version "
                f"{VERSION}; use a later talweg"
            )
        loss = self._loss(self._field(document, "loss", dict))
        penalties = self._field(document, "penalties", dict)
        intercept = self._field(document, "intercept", dict, type(None))
        pairs = [
            self._column(record, f"columns[{k}]")
            for k, record in enumerate(self._field(document, "columns", list))
        ]
        columns = tuple(column for column, _ in pairs)
        self._refuse_twice([column.name for column in columns], "columns")
        terms = [term for _, some in pairs for term in some]
        errors = [error for _, error in terms]
        own = None if intercept is None else self._term(intercept, "intercept")
        polynomial = None
        if "polynomial" in document:
            record = self._field(document, "polynomial", dict)
            polynomial = self._polynomial(record, columns, len(terms))
        return Model(
            target=self._field(document, "target", str),
            encoding=Encoding(columns),
            coefficients=np.array([value for value, _ in terms], float),
            intercept=None if own is None else own[0],
            loss=loss,
            standard_errors=(
                None if all(error is None for error in errors) else np.array(errors, float)
            ),
            intercept_error=None if own is None else own[1],
            l1=self._number(penalties, "l1", "penalties.", least=0.0),
            l2=self._number(penalties, "l2", "penalties.", least=0.0),
            polynomial=polynomial,
            facts=self._field(document, "fit", dict),
        )  # fmt: skip

    def _loss(self, record: dict[str, Any]) -> Loss:
        name = self._field(record, "name", str, place="loss.")
        if name not in LOSSES:
            self._fail("loss.name", name, f"one of {', '.join(LOSSES)}")
        given = {key: record[key] for key in ("delta", "quantile") if key in record}
        try:
            loss = read_loss(name, **given)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{self.path}: loss: {error}") from error
        link = LINKS.get(name, "identity")
        if record.get("link") != link:
            self._fail("loss.link", record.get("link"), f"{link!r}, as the loss is {name}")
        return loss

    def _column(self, record: Any, place: str) -> tuple[ColumnEncoding, list[Any]]:
        """Return a column, and its coefficients with their standard errors."""
        if not isinstance(record, dict):
            self._fail(place, record, "an object")
        name = self._field(record, "name", str, place=f"{place}.")
        kind = self._field(record, "kind", str, place=f"{place}.")
        fill = record.get("missing")
        if kind not in _KINDS:
            self._fail(f"{place}.kind", kind, f"one of {', '.join(_KINDS)}")
        if kind == "numeric":
            if fill is not None:
                fill = self._number(record, "missing", f"{place}.")
            if "powers" in record:
                powers = self._field(record, "powers", list, place=f"{place}.")
                terms = [self._part(part, f"{place}.powers[{k}]") for k, part in enumerate(powers)]
                return ColumnEncoding(name, "numeric", (), fill), terms
            return ColumnEncoding(name, "numeric", (), fill), [self._term(record, place)]
        levels, terms = [self._field(record, "baseline", str, place=f"{place}.")], []
        for k, level in enumerate(self._field(record, "levels", list, place=f"{place}.")):
            at = f"{place}.levels[{k}]"
            terms.append(self._part(level, at))
            levels.append(self._field(level, "level", str, place=f"{at}."))
        self._refuse_twice(levels, f"{place}.levels")
        if fill is not None and fill not in levels:
            self._fail(f"{place}.missing", fill, "one of the levels")
        return ColumnEncoding(name, "categorical", tuple(levels), fill), terms

    def _polynomial(
        self, record: dict[str, Any], columns: Sequence[ColumnEncoding], degree: int
    ) -> tuple[OrthogonalPolynomials, np.ndarray]:
        """Return the basis of a polynomial, and the components in it."""
        if len(columns) != 1 or columns[0].kind != "numeric":
            raise ValueError(f"{self.path}: a polynomial is of one numeric column")
        place = "polynomial."
        parts = {}
        for name, size in (("alpha", degree), ("beta", degree), ("squares", degree + 1),
                           ("components", degree + 1)):  # fmt: skip
            values = self._field(record, name, list, place=place)
            if len(values) != size:
                self._fail(place + name, values, f"a list of {size} numbers")
            named = {f"{name}[{k}]": value for k, value in enumerate(values)}
            parts[name] = np.array([self._number(named, key, place) for key in named])
        scale = np.float64(self._number(record, "scale", place, least=0.0))
        if scale == 0.0:
            self._fail(f"{place}scale", 0.0, "positive")
        components = parts.pop("components")
        return OrthogonalPolynomials(scale, **parts), components

    def _part(self, record: Any, place: str) -> tuple[float, float | None]:
        if not isinstance(record, dict):
            self._fail(place, record, "an object")
        return self._term(record, place)

    def _term(self, record: dict[str, Any], place: str) -> tuple[float, float | None]:
        value = self._number(record, "coefficient", f"{place}.")
        if record.get("standard_error") is None:
            return value, None
        return value, self._number(record, "standard_error", f"{place}.", least=0.0)

    def _number(
        self, record: dict[str, Any], name: str, place: str, least: float = -math.inf
    ) -> float:  # fmt: skip
        value = self._field(record, name, int, float, place=place)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not (math.isfinite(number) and number >= least):
            self._fail(
                f"{place}{name}", value,
                "a finite number" + (", not negative" if least == 0.0 else ""),
            )  # fmt: skip
        return number

    def _field(self, record: dict[str, Any], name: str, *kinds: type, place: str = "") -> Any:
        if name not in record:
            raise ValueError(f"{self.path}: the field {place}{name} is missing")
        value = record[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            self._fail(f"{place}{name}", value, _told(kinds))
        return value

    def _refuse_twice(self, names: Sequence[str], place: str) -> None:
        for k, name in enumerate(names):
            if name in names[:k]:
                raise ValueError(f"{self.path}: {place}: {name!r} is there twice")

    def _fail(self, field: str, value: Any, wanted: str) -> NoReturn:
        shown = repr(value)
        shown = shown if len(shown) <= 40 else f"{shown[:37]}..."
        raise ValueError(f"{self.path}: the field {field} is {shown}; it must be {wanted}")


def _told(kinds: Sequence[type]) -> str:
    words = {dict: "an object", list: "a list", str: "text", type(None): "null"}
    told = [words[kind] for kind in kinds if kind in words]
    return " or ".join(told) or "a number"
