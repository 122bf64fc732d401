"""Tables that can't be used: what is said, and where it points."""

from __future__ import annotations

import datetime
import errno
import gzip
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import feather
from tests.regression.tables.gathering import gather, refused, write

from talweg.errors import TableError
from talweg.regression.tables import Encoding, open_table

LONG = "x,y\n" + "".join(f"{k}.5,{k}\n" for k in range(150_000))  # more than a megabyte
SMALL = pa.table({"x": [1.0, 2.0, 3.0], "y": [1, 2, 3]})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("\n\n", "the first line holds no names"),
        ("x,y\n", "a header but no rows"),
        ("x,y", "a header but no rows"),
        ("x,x,y\n1,2,3\n", "two columns are named 'x'"),
        ("1,2\n3,4\n", "the first line holds numbers, not names"),
        ("x;y\n1;2\n", "separated by semicolons; pass delimiter=';'"),
        ("x\ty\n1\t2\n", "separated by tabs"),
        ("x,y\n1,2\n1\n2,3\n", "row 3 has 1 field, but the header has 2"),
        ('x,y\n"1\n",2\n\n1,2,3\n', "row 3 (line 5) has 3 fields, but the header has 2"),
        (LONG + "1,2,3\n", "row 150,002 has 3 fields"),
        (LONG + "n/a,3\n4,5\n", "row 150,002, column 'x': 'n/a' is not a number"),
        ("x,y\nn/a,1\n2,1\n3,2\n4,4\n", "row 2, column 'x': 'n/a' is not a number"),
        ("x,y\n2,1\n3,2\n\n4 EUR,4\n", "row 4 (line 5), column 'x': '4 EUR' is not a number"),
        ('x,y\n"1,5",1\n2,1\n', "row 2, column 'x': '1,5' has a decimal comma"),
        ("y,b\n" + "1,true\n" * 200_000 + "1,maybe\n", "row 200,002, column 'b': 'maybe'"),
        ("x,y\n1,2\n,4\n", "row 3, column 'x': the value is missing"),
        ("x,y\n1,2\n3,NA\n", "row 3, column 'y': the value is missing"),
        ("x,y\n1,2\ninf,4\n", "row 3, column 'x': the value is infinity"),
        ("x,y\n1,2\n3,-Inf\n", "row 3, column 'y': the value is -infinity"),
        ("x,y\n1,2\n-1e300,4\n", "row 3, column 'x': -1e+300 is too large"),
        ("x,y,d\n1,2,2020-01-31\n", "column 'd' holds dates or times"),
        ("x,y,d\n1,2,12:30:00\n", "column 'd' holds dates or times"),
        ("y\n1\n", "no column to predict from"),
        ("x,y\na,1\na,2\n", "no column is left to predict from: 'x': all its rows say 'a'"),
        ("x,y\n1,a\n2,b\n", "column 'y' holds text, but as the target"),
        ('x,y\n"1,2\n' + "3,4\n" * 200_000, "is a quotation mark left open?"),
        ("y,t\n" + "".join(f"1,t{k}\n" for k in range(1001)), "more than 1,000 different texts"),
    ],
)
def test_csv(text: str, words: str, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", text)
    message = refused(path)
    assert message.startswith(f"{path}: ")
    assert words in message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("x,y,c\n1,2,a\n1,2,Tromsø\n".encode("latin1"), "row 3, column 'c': the text isn't UTF-8"),
        ("x,y,Å\n1,2,a\n".encode("latin1"), "the header isn't UTF-8"),
        ("x,y\n1,2\n".encode("utf-16"), "save it as UTF-8"),
        (b"PAR1 and so on", "by its name the file is CSV, but it holds Parquet"),
        (b"PK\x03\x04 and so on", "a spreadsheet; save the table as CSV"),
    ],
)
def test_csv_that_is_something_else(data: bytes, words: str, tmp_path: Path) -> None:
    assert words in refused(write(tmp_path / "t.csv", data))


SOUND = "x,c,y\n" + "".join(f"{k}.5,{'ab'[k % 2]},{k}\n" for k in range(40))
TOKENS = [
    *'",;\n\r-+\0ø\ufeff',
    "1,5",
    "NA",
    "nan",
    "inf",
    "1e999",
    "2020-01-01",
    "12:00:00",
    "true",
]
changes = st.lists(st.tuples(st.integers(0, len(SOUND)), st.sampled_from(TOKENS)), min_size=1)


@given(changes, st.sampled_from(["utf-8", "latin1"]), st.sampled_from(["error", "drop", "mean"]))
@settings(max_examples=60, deadline=None)
def test_whatever_is_done_to_a_csv_file_it_is_read_or_refused(
    changes: list[tuple[int, str]], coding: str, missing: Any
) -> None:
    text = SOUND
    for place, token in changes:
        text = text[:place] + token + text[place + 1 :]
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder, "t.csv"), text.encode(coding, "replace"))
        words = f"{path}: on one line"
        try:
            columns, target = gather(open_table(path, "y", missing=missing))
            assert np.isfinite(columns).all()
            assert np.isfinite(target).all()
        except TableError as error:
            words = str(error)
        assert words.startswith(f"{path}: ")
        assert "\n" not in words


def test_compressed_csv_that_is_cut_short(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv.gz", gzip.compress(LONG.encode())[:-2_000])
    assert "cut short or damaged" in refused(path)


def test_damaged_parquet_and_arrow_files(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"x": np.random.default_rng(0).random(99_999), "y": [1] * 99_999}), tmp_path / "t"
    )
    whole = (tmp_path / "t").read_bytes()
    assert "cut short or damaged" in refused(write(tmp_path / "cut.parquet", whole[:-1_000]))
    wrong = bytearray(whole)
    wrong[1_000:300_000] = bytes(299_000)
    assert "damaged after row" in refused(write(tmp_path / "wrong.parquet", bytes(wrong)))
    assert "doesn't start as Parquet" in refused(write(tmp_path / "csv.parquet", "x,y\n1,2\n"))
    feather.write_feather(SMALL, str(tmp_path / "t"))
    whole = (tmp_path / "t").read_bytes()
    assert "cut short or damaged" in refused(write(tmp_path / "cut.feather", whole[:-100]))
    for rows in (SMALL.slice(0, 0),):
        pq.write_table(rows, tmp_path / "none.parquet")
        feather.write_feather(rows, str(tmp_path / "none.arrow"))
        assert "columns but no rows" in refused(tmp_path / "none.parquet")
        assert "columns but no rows" in refused(tmp_path / "none.arrow")


def test_folders_and_patterns(tmp_path: Path) -> None:
    assert "the folder holds no table" in refused(tmp_path)
    assert "no file matches the pattern" in refused(tmp_path / "*.csv")
    pq.write_table(SMALL, tmp_path / "a.parquet")
    other = tmp_path / "b.parquet"
    pq.write_table(pa.table({"x": ["1"], "y": [1]}), other)
    assert f"{other}: column 'x' holds string, but double in" in refused(tmp_path)
    pq.write_table(pa.table({"y": [1]}), other)
    assert f"{other}: there is no column 'x'" in refused(tmp_path)
    pq.write_table(pa.table({"x": pa.array([4], pa.int8()), "y": [1]}), other)
    assert gather(open_table(tmp_path, "y"))[0].tolist() == [[1, 2, 3, 4]]  # numbers all the same
    pq.write_table(pa.table({"x": [1.0, None], "y": [1, 2]}), other)
    assert f"{other}: row 2, column 'x': the value is missing" in refused(tmp_path)
    write(tmp_path / "c.csv", "x,y\n1,2\n")
    assert "all files must be of one kind" in refused(tmp_path)
    write(tmp_path / "t.dat", "x,y\n1,2\n")
    assert "can't be told from its name" in refused(tmp_path / "t.dat")
    with pytest.raises(FileNotFoundError) as caught:
        open_table(tmp_path / "none.csv", "y")
    assert caught.value.filename == str(tmp_path / "none.csv")


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Any) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)  # root may read whatever the mode says
    assert refused(tmp_path) == f"{tmp_path}: the folder can't be read: Permission denied"


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ({"x": [1.0, np.inf], "y": [1, 2]}, "the frame: row 2, column 'x': the value is infinity"),
        ({"x": [1.0, 2.0], "y": [1.0, -1e151]}, "row 2, column 'y': -1e+151 is too large"),
        ({"x": [[1], [2]], "y": [1, 2]}, "column 'x' holds list<item: int64>"),
        ({"x": [b"1", b"2"], "y": [1, 2]}, "column 'x' holds binary"),
        ({"x": [datetime.date(2020, 1, 1)], "y": [1]}, "column 'x' holds dates or times"),
        ({"x": [datetime.timedelta(1)], "y": [1]}, "column 'x' holds dates or times"),
        ({"x": [], "y": []}, "columns but no rows"),
        ({"x": [1, 2], "y": [None, None]}, "column 'y', the target, is empty"),
        (pd.DataFrame({"x": [1, "a"], "y": [1, 2]}), "give every column values of one kind"),
        (pd.DataFrame([[1, 2, 3]], columns=["x", "x", "y"]), "two columns are named 'x'"),
        (pl.DataFrame({"x": [datetime.date(2020, 1, 1)], "y": [1]}), "holds dates or times"),
    ],
)
def test_frames(frame: Any, words: str) -> None:
    assert words in refused(frame)


def test_names_and_parts_to_play() -> None:
    frame = {"price": [1, 2], "area": [3, 4], "w": [1, -1], "t": ["a", "b"]}
    assert "no column 'Price' for the target; did you mean 'price'?" in refused(frame, "Price")
    assert "no column 'aera'; did you mean 'area'?" in refused(frame, "price", columns=["aera"])
    assert "there are 'price', 'area', 'w', 't'" in refused(frame, "zzz")
    assert "both the target and among" in refused(frame, "price", columns=["price", "area"])
    assert "twice" in refused(frame, "price", columns=["area", "area"])
    assert "both the target and the weights" in refused(frame, "price", weight="price")
    assert "row 2, column 'w': the weight is -1" in refused(frame, "price", weight="w")
    assert "column 't' holds text" in refused(frame, "price", weight="t")
    assert "isn't among" in refused(frame, "price", columns=["area"], categorical=["t"])
    with pytest.raises(ValueError, match="missing is 'skip'"):
        open_table(frame, "price", missing="skip")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="can't be read from list"):
        open_table([[1, 2]], 0)
    with pytest.raises(TypeError, match="lazy"):
        open_table(pl.LazyFrame(frame), "price")
    assert "shape (2, 2, 2)" in refused(np.zeros((2, 2, 2)), 0)
    assert "must hold real numbers" in refused(np.zeros((2, 2), complex), 0)
    assert "there is no column 2" in refused(np.zeros((2, 2)), 2)
    assert "3 values" in refused(np.zeros((2, 2)), np.zeros(3))


def test_levels_and_kinds_that_the_encoding_lacks(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "t,x,y\nb,1,2\na,1,3\n")
    encoding = open_table(path, "y").encoding
    new = write(tmp_path / "new.csv", "x,t\n1,a\n\n1,c\n")
    message = refused(new, None, encoding=encoding)
    assert "row 3 (line 4), column 't': the level 'c' is none of those" in message
    assert message.endswith("'a', 'b'")
    assert "no column 't'" in refused({"x": [1]}, None, encoding=encoding)
    assert "column 'x' holds text" in refused({"x": ["u"], "t": ["a"]}, None, encoding=encoding)
    with pytest.raises(ValueError, match="an encoding says which"):
        open_table(path, "y", ["x"], encoding=encoding)


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"columns": [{}]},
        {"columns": [{"name": "x", "kind": "odd"}]},
        {"columns": [{"name": "x", "kind": "numeric", "levels": ["a"]}]},
        {"columns": [{"name": "x", "kind": "numeric", "fill": "a"}]},
        {"columns": [{"name": "x", "kind": "categorical", "levels": []}]},
        {"columns": [{"name": "x", "kind": "categorical", "levels": ["a", "a"]}]},
        {"columns": [{"name": "x", "kind": "categorical", "levels": [1]}]},
        {"columns": [{"name": "x", "kind": "categorical", "levels": ["a"], "fill": "b"}]},
    ],
)
def test_an_encoding_that_says_something_else(data: Any) -> None:
    with pytest.raises(TableError):
        Encoding.from_json(data)
