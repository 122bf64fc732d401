"""Results on disk: what is read is what was written, and nothing else is taken for a result."""

import collections
import dataclasses
import json
import os
import re
import zipfile

import numpy as np
import pytest

import talweg
from talweg.result import Result


def distance(x):
    """Return the squared distance of every number in x from 0.3, whatever x is."""
    if isinstance(x, dict):
        return sum(distance(part) for part in x.values())
    if isinstance(x, (list, tuple)):
        return sum(distance(part) for part in x)
    return np.sum((x - 0.3) ** 2)


def result_of(x0, **options):
    options = {"method": "gradient", "step": 0.1, "max_iter": 2, **options}
    return talweg.minimize(distance, x0, **options)


STARTS = {
    "array": np.array([1.0, 2.0, 3.0]),
    "float32": np.array([1.0, 2.0, 3.0], np.float32),
    "matrix": np.array([[1.0, 2.0, 3.0]]),
    "scalar": 3.0,
    "scalar of float32": np.float32(3.0),
    "dict": {"b": np.array([1.0, 2.0]), "a": 3.0},
    "list": [np.array([1.0, 2.0]), 3.0],
    "tuple": (np.array([[1.0, 2.0]]), 3.0),
    "nest": {"layers": [{"w": np.array([1.0]), "array": 2.0}, (3.0,)], "": ()},
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return a result, and what its file holds."""
    result, path = result_of(STARTS["dict"]), tmp_path_factory.mktemp("saved") / "result"
    result.save(path)
    return result, path.read_bytes()


def check_equal(found, expected):
    """Compare types and bits, through every nest."""
    assert type(found) is type(expected)
    if dataclasses.is_dataclass(expected):
        found, expected = vars(found), vars(expected)
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        found, expected = list(found.values()), list(expected.values())
    if isinstance(expected, (list, tuple)):
        assert len(found) == len(expected)
        for ours, theirs in zip(found, expected, strict=True):
            check_equal(ours, theirs)
    elif isinstance(expected, (np.ndarray, np.generic)):
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        assert found.tobytes() == expected.tobytes()
    else:
        assert found == expected


@pytest.mark.parametrize("x0", STARTS.values(), ids=STARTS)
def test_everything_comes_back_bit_for_bit(x0, tmp_path):
    result = result_of(x0)
    result.save(tmp_path / "result")
    loaded = talweg.load_result(tmp_path / "result")
    assert type(loaded) is Result
    check_equal(dict(loaded), dict(result))
    assert type(loaded.trace) is talweg.Trace
    assert repr(loaded) == repr(result)


def test_numbers_that_are_not_finite_come_back_too(tmp_path):
    result = result_of(STARTS["array"])
    assert result.checkpoint.verified_norm == np.inf
    result.fun, result.trace.fun[1], result.x[0] = -np.inf, np.nan, -0.0
    result.save(tmp_path / "result")
    check_equal(dict(talweg.load_result(tmp_path / "result")), dict(result))


def test_what_was_added_to_a_result_is_saved_with_it(tmp_path):
    result = result_of(STARTS["array"])
    result.note, result.runs = "näher", [1, 2.5, None, True, (np.int8(3), {"seed": 7})]
    result.save(tmp_path / "result")
    check_equal(dict(talweg.load_result(tmp_path / "result")), dict(result))


def test_numpy_reads_the_file_without_pickle(tmp_path):
    result = result_of(STARTS["array"])
    result.save(tmp_path / "result.npz")
    with np.load(tmp_path / "result.npz", allow_pickle=False) as file:
        arrays = dict(file)
    contents = json.loads(arrays["contents"].tobytes())
    assert (contents["format"], contents["version"]) == ("talweg result", 1)
    assert contents["result"]["nit"] == 2
    assert arrays[contents["result"]["x"]["array"]].tobytes() == result.x.tobytes()


@pytest.mark.parametrize("name", ["result", "result.npz", "result.talweg", "ergebnis nr. 1"])
def test_the_name_is_taken_as_it_is(name, tmp_path):
    result_of(STARTS["scalar"]).save(str(tmp_path / name))
    assert os.listdir(tmp_path) == [name]
    assert talweg.load_result(str(tmp_path / name)).nit == 2


# Whole or not at all


def test_a_file_that_is_there_is_kept_unless_asked_for(tmp_path):
    path, result = tmp_path / "result", result_of(STARTS["scalar"])
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError, match=re.escape(str(path))):
        result.save(path)
    assert path.read_bytes() == b"precious"
    result.save(path, overwrite=True)
    check_equal(dict(talweg.load_result(path)), dict(result))
    assert os.listdir(tmp_path) == ["result"]


def test_a_failure_leaves_nothing_behind_and_what_was_there_as_it_was(tmp_path, monkeypatch):
    path, result = tmp_path / "result", result_of(STARTS["scalar"])

    def breaks_off(file, **arrays):
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", breaks_off)
    with pytest.raises(OSError, match="No space left"):
        result.save(path)
    assert os.listdir(tmp_path) == []
    path.write_bytes(b"precious")
    with pytest.raises(OSError, match="No space left"):
        result.save(path, overwrite=True)
    assert os.listdir(tmp_path) == ["result"]
    assert path.read_bytes() == b"precious"


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        result_of(STARTS["scalar"]).save(tmp_path / "nowhere" / "result")


# What can't be saved

Pair = collections.namedtuple("Pair", ["a", "b"])


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (Pair(1.0, 2.0), "x holds a Pair"),
        (collections.OrderedDict(a=1.0), "x holds a OrderedDict"),
        ({1: 2.0}, "x holds a dict"),
        ({"a": [1.0, {2, 3}]}, "x holds a set"),
        (1.0 + 2.0j, "x holds a complex"),
        (b"abc", "x holds a bytes"),
        (len, "x holds a builtin"),
    ],
    ids=repr,
)
def test_other_types_are_refused_and_no_file_is_made(x, words, tmp_path):
    result = result_of(STARTS["scalar"])
    result.x = x
    with pytest.raises(TypeError, match=words):
        result.save(tmp_path / "result")
    assert os.listdir(tmp_path) == []


def test_arrays_of_objects_are_refused_and_no_file_is_made(tmp_path):
    result = result_of(STARTS["scalar"])
    result.x = np.array([len, None], object)
    with pytest.raises(ValueError, match="allow_pickle"):
        result.save(tmp_path / "result")
    assert os.listdir(tmp_path) == []


# What can't be read


def written(tmp_path, data):
    path = tmp_path / "result"
    path.write_bytes(data)
    return path


def test_a_missing_file_and_a_folder_are_what_they_are(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        talweg.load_result(tmp_path / "nothing")
    with pytest.raises(OSError, match="directory"):
        talweg.load_result(tmp_path)


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"x, y\n1, 2\n", b"PK\x03\x04", b"\x93NUMPY", b"\x80\x04N."], ids=repr
)
def test_foreign_files_are_said_to_be_none(data, tmp_path):
    path = written(tmp_path, data)
    with pytest.raises(ValueError, match=f"{re.escape(str(path))} holds no result of talweg"):
        talweg.load_result(path)


def test_other_files_of_numpy_are_said_to_be_none(tmp_path):
    np.save(tmp_path / "array.npy", np.ones(3))
    np.savez(tmp_path / "arrays.npz", a=np.ones(3))
    np.savez(tmp_path / "text.npz", contents=np.frombuffer(b"[1, 2]", np.uint8))
    np.savez(tmp_path / "pickled.npz", contents=np.array([print], object))
    with zipfile.ZipFile(tmp_path / "letter.zip", "w") as file:
        file.writestr("letter.txt", "Dear talweg")
    for path in tmp_path.iterdir():
        with pytest.raises(ValueError, match="holds no result of talweg, or is damaged"):
            talweg.load_result(path)


def test_truncated_files_are_said_to_be_damaged(saved, tmp_path):
    data = saved[1]
    lengths = {*range(1, len(data), 3001), *range(len(data) - 400, len(data), 13), len(data) - 1}
    for length in lengths:
        with pytest.raises(ValueError, match="holds no result of talweg, or is damaged"):
            talweg.load_result(written(tmp_path, data[:length]))


def test_a_changed_byte_is_noticed_or_does_not_matter(saved, tmp_path):
    result, data = saved
    rng = np.random.default_rng(0)
    places = {*range(60), *range(len(data) - 300, len(data)), *rng.integers(0, len(data), 500)}
    noticed = 0
    for place in sorted(places):
        changed = bytearray(data)
        changed[place] ^= int(rng.integers(1, 256))
        try:
            loaded = talweg.load_result(written(tmp_path, bytes(changed)))
        except ValueError as error:
            assert "damaged" in str(error) or "this talweg reads" in str(error)  # noqa: PT017
            noticed += 1
        else:
            check_equal(dict(loaded), dict(result))
    assert noticed > 500


def rewritten(saved, tmp_path, change):
    """Write the file again with its table of contents changed."""
    path = written(tmp_path, saved[1])
    with np.load(path) as file:
        arrays = dict(file)
    contents = json.loads(arrays.pop("contents").tobytes())
    change(contents, arrays)
    table = np.frombuffer(json.dumps(contents).encode(), np.uint8)
    with open(path, "wb") as file:
        np.savez(file, contents=table, **arrays)
    return path


def test_a_later_version_and_another_format_are_named(saved, tmp_path):
    path = rewritten(saved, tmp_path, lambda contents, _: contents.update(version=2, result="new"))
    with pytest.raises(ValueError, match="version 2; this talweg reads 'talweg result', version 1"):
        talweg.load_result(path)
    path = rewritten(saved, tmp_path, lambda contents, _: contents.update(format="valley"))
    with pytest.raises(ValueError, match="is of the format 'valley', version 1"):
        talweg.load_result(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda contents, arrays: arrays.popitem(),
        lambda contents, arrays: contents.pop("result"),
        lambda contents, arrays: contents.update(result=[1]),
        lambda contents, arrays: contents["result"].update(x={"array": "array99"}),
        lambda contents, arrays: contents["result"].update(x={"Popen": {"args": "ls"}}),
        lambda contents, arrays: contents["result"].update(x={}),
        lambda contents, arrays: contents["result"].update(trace={"Trace": {"fun": None}}),
    ],
    ids=["array", "result", "list", "name", "class", "empty", "field"],
)
def test_a_part_that_is_missing_is_noticed(saved, tmp_path, change):
    with pytest.raises(ValueError, match="is damaged: a part of it is missing"):
        talweg.load_result(rewritten(saved, tmp_path, change))
