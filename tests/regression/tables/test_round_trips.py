"""What was written comes back, from every kind of table; pandas is the witness."""

from __future__ import annotations

import decimal
import gc
import gzip
import io
import os
import pickle
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import feather
from tests.regression.tables.gathering import gather, write

from talweg.regression.tables import open_table

numbers = st.floats(-1e12, 1e12) | st.sampled_from([0.0, -0.0, 1e-300, 1e149, 0.1, 1 / 3])
frames = st.integers(1, 30).flatmap(
    lambda n: st.fixed_dictionaries(
        {
            "a": st.lists(numbers, min_size=n, max_size=n),
            "b c": st.lists(st.integers(-(2**52), 2**52), min_size=n, max_size=n),
            "y": st.lists(numbers, min_size=n, max_size=n),
        }
    )
)


@given(frames)
@settings(max_examples=25, deadline=None)
def test_any_frame_of_numbers_comes_back_bit_for_bit(data: dict[str, list[float]]) -> None:
    data = {name: data[name] for name in ("a", "b c", "y")}  # they are drawn in any order
    frame = pd.DataFrame(data)
    expected = frame[["a", "b c"]].to_numpy(np.float64).T
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t")
        frame.to_csv(f"{path}.csv", index=False)
        frame.to_csv(f"{path}.tsv", index=False, sep="\t", lineterminator="\r\n")
        frame.to_parquet(f"{path}.parquet", row_group_size=7)
        frame.to_feather(f"{path}.feather")
        files = [f"{path}{ending}" for ending in (".csv", ".tsv", ".parquet", ".feather")]
        for source in (*files, frame, pl.DataFrame(data), pa.table(data), data):
            columns, target = gather(open_table(source, "y"))
            np.testing.assert_array_equal(columns, expected)
            np.testing.assert_array_equal(target, frame["y"])


words = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=4)


@given(st.lists(words, min_size=2, max_size=25), st.data())
@settings(max_examples=25, deadline=None)
def test_levels_are_those_of_pandas(levels: list[str], data: st.DataObject) -> None:
    # A letter before each: no text is a number, a missing value or padded with blanks.
    text = [f"c{level}c" for level in levels]
    text = data.draw(st.permutations(text)) + text[:1]
    frame = pd.DataFrame({"text": [*text, "z"], "n": np.arange(len(text) + 1), "y": 1.0})
    dummies = pd.get_dummies(
        frame[["text", "n"]], columns=["text"], drop_first=True, prefix_sep="="
    )
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t")
        frame.to_csv(f"{path}.csv", index=False)
        frame.to_parquet(f"{path}.parquet")
        category = frame.assign(text=frame["text"].astype("category"))
        sources = (f"{path}.csv", f"{path}.parquet", frame, category, pl.DataFrame(frame))
        for source in sources:
            table = open_table(source, "y")
            columns, _ = gather(table)
            assert sorted(table.names) == sorted(dummies.columns)
            order = [table.names.index(name) for name in dummies.columns]
            np.testing.assert_array_equal(columns[order], dummies.to_numpy(np.float64).T)
            assert table.baselines == {"text": min(text)}
            assert table.kinds == {"text": "categorical", "n": "numeric"}


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1, 0, 3], pa.int8()),
        pa.array([1, 0, 3], pa.uint64()),
        pa.array([1, 0, 3], pa.float32()),
        pa.array(np.array([1, 0, 3], np.float16)),
        pa.array([decimal.Decimal("1.00"), decimal.Decimal(0), decimal.Decimal(3)]),
        pa.array([True, False, True]),
        pa.array(["1", "0", "3"]).dictionary_encode().cast(pa.string()).cast(pa.int32()),
    ],
)
def test_every_numeric_type_becomes_float64(values: pa.Array, tmp_path: Path) -> None:
    expected = np.array([float(value.as_py()) for value in values])
    table = pa.table({"x": values, "y": [1.0, 2.0, 3.0]})
    feather.write_feather(table, str(tmp_path / "t.arrow"))
    for source in (table, table.slice(0, 3), tmp_path / "t.arrow"):
        columns, _ = gather(open_table(source, "y"))
        assert columns.dtype == np.float64
        np.testing.assert_array_equal(columns[0], expected)
    # A slice that doesn't begin at a byte of the bitmaps.
    missing = pa.table(
        {"x": pa.concat_arrays([values, pa.nulls(1, values.type)] * 3), "y": [1] * 12}
    )
    columns, _ = gather(open_table(missing.slice(5), "y", missing="drop"))
    np.testing.assert_array_equal(columns[0], np.tile(expected, 2)[3 - 4 % 3 - 1 :][-5:])


def test_a_file_of_many_row_groups_and_blocks_comes_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(30_000, 4)), columns=["a", "y", "b", "w"])
    frame["w"] **= 2
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=7_001)
    table = open_table(tmp_path / "t.parquet", "y", ["b", "a"], weight="w")
    assert table.rows_total == 30_000
    columns, target = gather(table)
    np.testing.assert_array_equal(columns, frame[["b", "a"]].to_numpy().T)
    np.testing.assert_array_equal(target, frame["y"])
    weights = [block.weight for block in table.blocks()]
    np.testing.assert_array_equal(np.concatenate(weights), frame["w"])
    parts = [pickle.loads(pickle.dumps(part)) for part in table.parts()]
    assert len(parts) == 5
    assert max(len(pickle.dumps(part)) for part in parts) < 5_000
    apart = np.concatenate([gather(part)[0] for part in parts], axis=1)
    np.testing.assert_array_equal(apart, columns)


def test_a_folder_and_a_pattern_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "_SUCCESS").touch()
    write(tmp_path / "b.csv", "x,y\n3,4\n")
    write(tmp_path / "a.csv", "y,x\n2,1\n")  # the columns in another order
    write(tmp_path / "sub" / "c.csv", "x,y\n5,6\n")
    columns, target = gather(open_table(tmp_path, "y"))
    assert columns.tolist() == [[3, 1, 5]] or columns.tolist() == [[1, 3, 5]]
    assert target.tolist() == (columns[0] + 1).tolist()
    columns, _ = gather(open_table(str(tmp_path / "?.csv"), "y"))
    assert columns.tolist() == [[1, 3]]
    assert len(open_table(tmp_path, "y").parts()) == 3


def test_csv_as_it_is_found_in_the_wild(tmp_path: Path) -> None:
    text = '\ufeffx,"the ""y""",note\r\n1,2,"a, b\nc"\r\n\r\n 3,4,d\r\n5e0,6,d'
    write(tmp_path / "t.csv", text)
    table = open_table(tmp_path / "t.csv", 'the "y"')
    columns, target = gather(table)
    frame = pd.read_csv(io.StringIO(text.removeprefix("\ufeff")))
    np.testing.assert_array_equal(columns[0], frame["x"])
    np.testing.assert_array_equal(target, frame['the "y"'])
    np.testing.assert_array_equal(columns[1], frame["note"] == "d")
    assert table.baselines == {"note": "a, b\nc"}
    write(tmp_path / "t.csv.gz", gzip.compress(text.encode()))
    np.testing.assert_array_equal(gather(open_table(tmp_path / "t.csv.gz", 'the "y"'))[0], columns)


def test_delimiters_and_decimal_marks(tmp_path: Path) -> None:
    expected = [[1.5, 2.0]]
    semicolons = write(tmp_path / "s.csv", "x;y\n1,5;2\n2;3\n")
    assert gather(open_table(semicolons, "y", delimiter=";", decimal=","))[0].tolist() == expected
    for name, mark in (("t.txt", "\t"), ("u.txt", ","), ("v.tsv", "\t")):
        path = write(tmp_path / name, "x,y\n1.5,2\n2,3\n".replace(",", mark))
        assert gather(open_table(path, "y"))[0].tolist() == expected


def test_a_column_is_judged_beyond_its_first_megabyte(tmp_path: Path) -> None:
    rows = 2**20 // 4
    whole = write(tmp_path / "whole.csv", "x,y\n" + "1,2\n" * rows + "1.5,2\n")
    assert gather(open_table(whole, "y"))[0][0, -1] == 1.5
    late = write(tmp_path / "late.csv", "x,z,y\n" + "1,,2\n" * rows + "1,7,2\n1,7.5,3\n")
    columns, _ = gather(open_table(late, "y", missing="drop"))
    assert columns.tolist() == [[1, 1], [7, 7.5]]


def test_standard_input_is_read_as_often_as_needed_and_its_file_removed(tmp_path: Path) -> None:
    script = (
        "import glob, os, tempfile\n"
        "from talweg.regression.tables import open_table\n"
        "with open_table('-', 'y', missing='mean') as table:\n"
        "    for _ in range(2):\n"
        "        print([(b.columns.tolist(), b.target.tolist()) for b in table.blocks()])\n"
        "    print(table.name, len(os.listdir(tempfile.gettempdir())))\n"
        "print(len(os.listdir(tempfile.gettempdir())))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=b"x,c,y\n1,a,2\n,b,3\n3,b,4\n",
        capture_output=True,
        check=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    lines = done.stdout.decode().splitlines()
    assert lines[0] == lines[1] == "[([[1.0, 2.0, 3.0], [0.0, 1.0, 1.0]], [2.0, 3.0, 4.0])]"
    assert lines[2:] == ["standard input 1", "0"]
    assert not done.stderr


def test_a_named_pipe_is_kept_until_the_table_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    frame = pd.DataFrame({"x": [1.5, 2.5], "y": [3.0, 4.0]})
    for writing in (frame.to_parquet, lambda path: frame.to_csv(path, index=False)):
        sink = io.BytesIO()
        writing(sink)
        thread = threading.Thread(target=pipe.write_bytes, args=(sink.getvalue(),))
        thread.start()
        table = open_table(pipe, "y")
        thread.join()
        for _ in range(2):
            assert gather(table)[0].tolist() == [[1.5, 2.5]]
        assert table.name == str(pipe)
        part = table.parts()[0]
        del table
        gc.collect()
        assert gather(part)[0].tolist() == [[1.5, 2.5]]  # a part keeps it too
        del part
        gc.collect()
        assert os.listdir(tmp_path) == ["pipe"]


def test_many_levels_with_gaps_are_those_of_pandas(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    level = pd.Series(rng.integers(0, 40, 12_000)).map("level {}".format)
    level[rng.random(12_000) < 0.1] = None
    frame = pd.DataFrame({"g.h": level, "k": rng.integers(0, 3, 12_000), "y": 1.0})
    frame.to_parquet(tmp_path / "text.parquet", row_group_size=5_000)
    category = frame.astype({"g.h": "category"})
    category.to_parquet(tmp_path / "category.parquet", row_group_size=700)
    left = frame.dropna()
    dummies = pd.get_dummies(left, columns=["g.h", "k"], drop_first=True, prefix_sep="=")
    for source in (tmp_path / "text.parquet", tmp_path / "category.parquet", frame, category):
        table = open_table(source, "y", missing="drop", categorical=["k"])
        columns, target = gather(table)
        assert len(target) == len(left)
        assert set(table.names) == set(dummies.columns) - {"y"}
        np.testing.assert_array_equal(columns, dummies[list(table.names)].to_numpy(float).T)


def test_arrays_are_named_by_number_and_take_a_target_apart() -> None:
    x = np.arange(12.0).reshape(6, 2)
    table = open_table(x, 1)
    assert (table.names, table.target_name) == (("x1",), "x2")
    np.testing.assert_array_equal(gather(table)[1], x[:, 1])
    for frame in (x, np.asfortranarray(x), x.astype(np.int32), np.repeat(x, 2, axis=0)[::2]):
        table = open_table(frame, np.arange(6), weight=np.ones(6))
        columns, target = gather(table)
        np.testing.assert_array_equal(columns, x.T)
        np.testing.assert_array_equal(target, np.arange(6))
        assert (table.names, table.target_name) == (("x1", "x2"), "y")
    frame = pd.DataFrame(x, columns=["a", "b"], index=[5, 4, 3, 2, 1, 0])
    table = open_table(frame, pd.Series(np.arange(6), name="price"))
    assert table.target_name == "price"
    np.testing.assert_array_equal(gather(table)[1], np.arange(6))
    levels = open_table(x.astype(int), 0, categorical=["x2"])
    assert levels.names == ("x2=3", "x2=5", "x2=7", "x2=9", "x2=11")
    np.testing.assert_array_equal(gather(levels)[0], np.eye(6)[1:])


def test_parts_of_frames_hold_their_own_rows_only() -> None:
    n = 2**18 + 5
    x = np.column_stack([np.arange(n, dtype=float), np.arange(n) % 3])
    text = pa.array(["a", "b", "c"]).take(pa.array(np.arange(n) % 3))
    for frame, target in ((x, 1), (pa.table({"x1": x[:, 0], "t": text, "y": x[:, 1]}), "y")):
        table = open_table(frame, target)
        parts = table.parts()
        assert len(parts) == 2
        assert len(pickle.dumps(parts[1])) < 3_000
        columns, y = gather(pickle.loads(pickle.dumps(parts[1])))
        np.testing.assert_array_equal(columns[0], np.arange(n - 5, n))
        np.testing.assert_array_equal(y, np.arange(n - 5, n) % 3)


def test_memory_and_files_aside_nothing_is_left_open(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": np.arange(50_000.0), "y": np.arange(50_000.0)}), path)
    table = open_table(path, "y")
    blocks = table.blocks()
    next(blocks)
    blocks.close()  # given up half-way
    open_files = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []
    assert not [f for f in open_files if _points_to(f, path)]


def _points_to(number: str, path: Path) -> bool:
    try:
        return os.path.samefile(f"/proc/self/fd/{number}", path)
    except OSError:
        return False
