"""Missing values: refused, left out, or filled, as pandas would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.regression.tables.gathering import gather, refused, write

from talweg.errors import TableError
from talweg.regression.tables import Encoding, open_table

FRAME = pd.DataFrame(
    {
        "a": [1.0, np.nan, 3.0, 4.0, 8.0],
        "b": ["u", "v", None, "v", "u"],
        "k": pd.array([1, 2, 3, None, 5], "Int64"),
        "y": [1.0, 2.0, 3.0, 4.0, np.nan],
    }
)


def sources(folder: Path) -> list[Any]:
    FRAME.to_csv(folder / "t.csv", index=False)
    FRAME.to_csv(folder / "words.csv", index=False, na_rep="NULL")
    FRAME.to_parquet(folder / "t.parquet")
    return [
        folder / "t.csv",
        folder / "words.csv",
        folder / "t.parquet",
        FRAME,
        pl.from_pandas(FRAME),
        pa.Table.from_pandas(FRAME),
    ]


def test_the_first_one_is_named(tmp_path: Path) -> None:
    for source in sources(tmp_path):
        row = 3 if str(source).endswith(".csv") else 2  # a file's header is a row too
        assert f"row {row}, column 'a': the value is missing" in refused(source)
        assert f"row {row + 2}, column 'k'" in refused(source, columns=["k"])
        assert f"row {row + 1}, column 'b'" in refused(source, columns=["b"])
    path = write(tmp_path / "m.csv", 'x,y,t\n1,2,"a\nb"\n\n3,,c\n')
    assert refused(path).startswith(f"{path}: row 3 (line 5), column 'y': the value is missing")


def test_rows_are_left_out_as_pandas_drops_them(tmp_path: Path) -> None:
    for source in sources(tmp_path):
        for columns in (["a", "b", "k"], ["a"], ["b"]):
            table = open_table(source, "y", columns, missing="drop")
            values, target = gather(table)
            left = FRAME[[*columns, "y"]].dropna()
            np.testing.assert_array_equal(target, left["y"])
            assert table.dropped == len(FRAME) - len(left)
            if columns == ["a"]:
                np.testing.assert_array_equal(values[0], left["a"])


def test_means_and_most_frequent_levels_stand_in(tmp_path: Path) -> None:
    for source in sources(tmp_path):
        table = open_table(source, "y", missing="mean")
        columns, target = gather(table)
        filled = FRAME.assign(
            a=FRAME["a"].fillna(FRAME["a"].mean()),
            b=FRAME["b"].fillna("u"),  # u and v are equally frequent: the first of them
            k=FRAME["k"].astype(float).fillna(11 / 4),
        )[:-1]  # a missing target can't be filled
        expected = [filled["a"], filled["b"] == "v", filled["k"]]
        np.testing.assert_allclose(columns, np.array(expected, float), rtol=1e-15)
        assert target.tolist() == [1, 2, 3, 4]
        assert table.dropped == 1


def test_the_mean_of_many_chunks_is_the_mean(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(1e6, 1, 150_000)
    x[rng.random(len(x)) < 0.3] = np.nan
    table = open_table({"x": x, "y": np.ones(len(x))}, "y", missing="mean")
    assert table.encoding.columns[0].fill == pytest.approx(np.nanmean(x), rel=1e-14)
    assert not np.isnan(gather(table)[0]).any()


def test_another_table_is_filled_with_the_first_ones_means(tmp_path: Path) -> None:
    table = open_table(FRAME, "y", missing="mean")
    encoding = Encoding.from_json(table.encoding.to_json())
    new = write(tmp_path / "new.csv", "k,b,a\n1,,\n")
    columns, target = gather(open_table(new, None, encoding=encoding, missing="mean"))
    assert columns[:, 0] == pytest.approx([4, 0, 1])
    assert target.tolist() == [0]
    assert "row 2, column 'a'" in refused(new, None, encoding=encoding)
    dropped = open_table(new, None, encoding=encoding, missing="drop")
    assert gather(dropped)[0].shape == (3, 0)
    assert dropped.dropped == 1
    bare = open_table(FRAME, "y", missing="drop").encoding
    with pytest.raises(TableError, match="no value for where column 'a' is missing"):
        open_table(new, None, encoding=bare, missing="mean")


def test_columns_without_any_value_are_left_out_where_rows_may_be() -> None:
    frame = {"x": [1.0, 2.0], "empty": [None, None], "one": ["a", "a"], "y": [1, 2]}
    for missing in ("drop", "mean"):
        table = open_table(frame, "y", missing=missing)
        assert table.names == ("x",)
        assert table.left_out == {
            "empty": "all its rows are empty",
            "one": "all its rows say 'a'",
        }
        assert gather(table)[0].tolist() == [[1, 2]]
    assert "row 1, column 'empty'" in refused(frame)
