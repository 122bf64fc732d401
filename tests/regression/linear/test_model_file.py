"""Models as JSON: read back bit for bit the same, and wrong fields named."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talweg.regression.linear.linear_model import Model
from talweg.regression.linear.model_file import load_model, save_model
from talweg.regression.losses import LOSSES, read_loss
from talweg.regression.squares.orthogonal_polynomials import OrthogonalPolynomials
from talweg.regression.tables import ColumnEncoding, Encoding

ENCODING = Encoding(
    (
        ColumnEncoding("area, m²", "numeric", (), 65.5),
        ColumnEncoding("city", "categorical", ("Oslo", "Rome", 'the "Hague"'), "Rome"),
        ColumnEncoding("age", "numeric"),
    )
)
finite = st.floats(allow_nan=False, allow_infinity=False)


def make(numbers=(1.0, 2.0, 3.0, 4.0), intercept=0.5, loss="squared", **more):
    return Model("price", ENCODING, np.array(numbers), intercept, read_loss(loss), **more)


@pytest.fixture
def kept(tmp_path):
    """Save a model; return the path."""

    def keep(model):
        save_model(model, tmp_path / "m.json", overwrite=True)
        return tmp_path / "m.json"

    return keep


@settings(max_examples=30, deadline=None)
@given(st.lists(finite, min_size=4, max_size=4), st.none() | finite, st.sampled_from(list(LOSSES)))
def test_what_is_read_back_is_what_was_written(tmp_path_factory, numbers, intercept, loss):
    path = tmp_path_factory.mktemp("model") / "m.json"
    errors = np.array([0.1, np.nan, 1e-300, 7.0])
    model = make(
        numbers, intercept, loss, standard_errors=errors, l2=0.1, intercept_error=None,
        facts={"rows": 3, "r2": np.nan, "note": "ü"},
    )  # fmt: skip
    save_model(model, path)
    again = load_model(path)
    assert again.encoding == model.encoding
    assert (again.target, again.loss, again.intercept) == ("price", read_loss(loss), intercept)
    np.testing.assert_array_equal(again.coefficients, model.coefficients)
    np.testing.assert_array_equal(again.standard_errors, errors)
    assert (again.l1, again.l2) == (0.0, 0.1)
    assert again.facts == {"rows": 3, "r2": None, "note": "ü"}
    columns = np.random.default_rng(0).normal(size=(4, 5))
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(again.predict(columns), model.predict(columns))


def test_options_of_the_loss_are_kept(kept):
    for loss in (read_loss("huber", delta=0.3), read_loss("quantile", quantile=0.9)):
        model = Model("y", ENCODING, np.zeros(4), None, loss)
        assert load_model(kept(model)).loss == loss


def test_a_polynomial_predicts_what_its_powers_do(kept):
    x = np.linspace(-2.0, 3.0, 9)
    basis, components = OrthogonalPolynomials.on(x, 3), np.array([1.0, -2.0, 0.5, 0.25])
    powers = components @ basis.powers()
    encoding = Encoding((ColumnEncoding("x", "numeric"),))
    model = Model(
        "y", encoding, powers[1:], powers[0], read_loss("squared"), polynomial=(basis, components)
    )
    again = load_model(kept(model))
    assert again.names == ("x", "x^2", "x^3")
    places = np.linspace(-3.0, 3.0, 20)
    np.testing.assert_array_equal(again.predict([places]), model.predict([places]))
    np.testing.assert_allclose(
        again.predict([places]), np.polyval(powers[::-1], places), rtol=1e-12
    )


def test_the_file_is_readable(kept):
    document = json.loads(kept(make()).read_text())
    assert (document["format"], document["version"]) == ("talweg model", 1)
    area, city, age = document["columns"]
    assert area == {
        "name": "area, m²", "kind": "numeric", "missing": 65.5, "coefficient": 1.0,
        "standard_error": None,
    }  # fmt: skip
    assert (city["baseline"], [level["level"] for level in city["levels"]]) == (
        "Oslo", ["Rome", 'the "Hague"'],
    )  # fmt: skip
    assert (age["coefficient"], document["intercept"]["coefficient"]) == (4.0, 0.5)


def test_nothing_is_overwritten_unasked(tmp_path):
    (tmp_path / "m.json").write_text("mine")
    with pytest.raises(FileExistsError):
        save_model(make(), tmp_path / "m.json")
    assert (tmp_path / "m.json").read_text() == "mine"


def test_what_can_not_be_saved(tmp_path):
    with pytest.raises(ValueError, match="isn't finite"):
        save_model(make((1.0, np.nan, 0.0, 0.0)), tmp_path / "m.json")
    own = Model("y", ENCODING, np.zeros(4), 0.0, read_loss(lambda eta, y: (eta - y) ** 4))
    with pytest.raises(ValueError, match="a function"):
        save_model(own, tmp_path / "m.json")
    assert not list(tmp_path.iterdir())


def test_the_number_of_columns_is_checked():
    with pytest.raises(ValueError, match=r"takes \(4, n\)"):
        make().predict(np.zeros((3, 2)))


def put(document, place, value):
    """Change one field, or take it away."""
    *path, last = place
    for key in path:
        document = document[key]
    if value is None and not isinstance(last, int):
        del document[last]
    else:
        document[last] = value


WRONG = {
    "another format": (["format"], "cake", "no model"),
    "no format": (["format"], None, "no model"),
    "a later version": (["version"], 2, "version 2, and this talweg reads version 1"),
    "no version": (["version"], "one", "version is 'one'"),
    "true as a version": (["version"], True, "version is True"),
    "no target": (["target"], None, "field target is missing"),
    "a number as target": (["target"], 3, "field target is 3; it must be text"),
    "an unknown loss": (["loss", "name"], "cubic", "loss.name is 'cubic'"),
    "a bad option": (["loss", "delta"], 1.0, "no option delta"),
    "another link": (["loss", "link"], "logit", "loss.link is 'logit'"),
    "no penalty": (["penalties", "l2"], None, "penalties.l2 is missing"),
    "a negative penalty": (["penalties", "l1"], -1.0, "penalties.l1 is -1.0"),
    "text as intercept": (["intercept", "coefficient"], "5", "intercept.coefficient is '5'"),
    "a huge integer": (["intercept", "coefficient"], 10**400, "intercept.coefficient is 1000"),
    "no columns": (["columns"], None, "columns is missing"),
    "a column of text": (["columns", 0], "x", "columns[0] is 'x'; it must be an object"),
    "an unknown kind": (["columns", 2, "kind"], "date", "columns[2].kind is 'date'"),
    "no coefficient": (["columns", 2, "coefficient"], None, "columns[2].coefficient is missing"),
    "true as coefficient": (["columns", 2, "coefficient"], True, "coefficient is True"),
    "a negative error": (["columns", 2, "standard_error"], -1, "columns[2].standard_error is -1"),
    "a name twice": (["columns", 2, "name"], "city", "'city' is there twice"),
    "no baseline": (["columns", 1, "baseline"], None, "columns[1].baseline is missing"),
    "a level twice": (["columns", 1, "levels", 0, "level"], "Oslo", "'Oslo' is there twice"),
    "a level of text": (["columns", 1, "levels", 0], "Rome", "columns[1].levels[0] is 'Rome'"),
    "an unknown stand-in": (["columns", 1, "missing"], "Bern", "columns[1].missing is 'Bern'"),
    "text as stand-in": (["columns", 0, "missing"], "Bern", "columns[0].missing is 'Bern'"),
    "no polynomial": (["polynomial"], {}, "a polynomial is of one numeric column"),
    "no facts": (["fit"], [], "field fit is []"),
}


@pytest.mark.parametrize(("place", "value", "says"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_field_is_named_with_the_file(kept, place, value, says):
    path = kept(make())
    document = json.loads(path.read_text())
    put(document, place, value)
    path.write_text(json.dumps(document))
    with pytest.raises(ValueError, match=r"m\.json: ") as caught:
        load_model(path)
    assert says in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[1]", "3", '{"format": "talweg model"', "\x00", "NaN"])
def test_what_is_no_model(tmp_path, text):
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(ValueError, match=r"m\.json: this is no model"):
        load_model(tmp_path / "m.json")


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_damaged_files_are_value_errors(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    save_model(make(), folder / "m.json")
    raw = bytearray((folder / "m.json").read_bytes())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255))
    (folder / "m.json").write_bytes(raw)
    with contextlib.suppress(ValueError):  # and nothing else
        assert np.isfinite(load_model(folder / "m.json").coefficients).all()
