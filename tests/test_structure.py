"""Nests of arrays as flat vectors."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import talweg
from talweg.structure import read_start

ARRAYS = hnp.arrays(
    float, hnp.array_shapes(min_dims=0, max_dims=3, max_side=3), elements=st.floats(-9, 9)
)
NESTS = st.recursive(
    ARRAYS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3)
        | st.tuples(inner, inner)
    ),
    max_leaves=5,
)


@given(NESTS)
def test_a_nest_comes_back_as_it_was(nest):
    structure, vector = read_start(nest)
    assert vector.shape == (structure.size,)
    back = structure.to_user(vector)
    assert jax.tree_util.tree_structure(back) == jax.tree_util.tree_structure(nest)
    for one, other in zip(
        jax.tree_util.tree_leaves(back), jax.tree_util.tree_leaves(nest), strict=True
    ):
        assert np.shape(one) == np.shape(other)
        assert np.array_equal(one, other)


@given(NESTS)
def test_every_flat_index_is_named_by_the_place_that_holds_it(nest):
    structure, _ = read_start(nest)
    numbered = structure.to_user(np.arange(structure.size, dtype=float))
    for index in range(structure.size):
        where = structure.locate(index)
        assert eval(where, {"x0": numbered}) == index


def test_a_list_of_numbers_is_one_array():
    structure, vector = read_start([1.0, 2, np.float64(3.0)])
    assert structure.is_array
    assert np.array_equal(vector, [1.0, 2.0, 3.0])


def test_a_list_of_arrays_is_a_list():
    structure, _ = read_start([np.ones(2), [3.0, 4.0]])
    assert structure.shapes == ((2,), (2,))


@pytest.mark.parametrize(
    ("x0", "dtype"),
    [
        (np.ones(2, np.float32), "float32"),
        (np.ones(2, np.float64), "float64"),
        (np.ones(2, np.float16), "float64"),
        ({"a": np.ones(2, np.float32), "b": np.float32(1.0)}, "float32"),
        ({"a": np.ones(2, np.float32), "b": 1.0}, "float64"),
        ([1.0, 2.0], "float64"),
    ],
    ids=str,
)
def test_the_precision_is_float32_only_where_all_is(x0, dtype):
    structure, vector = read_start(x0)
    assert structure.dtype == vector.dtype.name == dtype


@pytest.mark.parametrize(
    ("x0", "error", "words"),
    [
        (3, TypeError, "int64.*1.0 for 1"),
        ([1, 2], TypeError, "int64, not a real floating one; write it with floats, as 1.0 for 1"),
        ({"w": np.ones(2), "n": np.arange(3)}, TypeError, r"x0\['n'\] has the type int64"),
        ([True, False], TypeError, "bool"),
        (np.ones(2, complex), TypeError, "complex128"),
        ("text", TypeError, "<U4"),
        (np.array([1.0, None]), TypeError, "object"),
        ({"a": object()}, TypeError, "object"),
        ([], ValueError, "empty"),
        ({}, ValueError, "empty"),
        (None, ValueError, "empty"),
        (np.zeros((0, 3)), ValueError, "empty"),
        ([1.0, np.nan], ValueError, r"x0\[1\] is nan: x0 must be finite"),
        ({"w": [[1.0, 2.0], [3.0, np.inf]]}, ValueError, r"x0\['w'\]\[1\]\[1\] is inf"),
        ({"w": np.array([[1.0, -np.inf]])}, ValueError, r"x0\['w'\]\[0, 1\] is -inf"),
    ],
)
def test_a_start_that_can_not_be_is_refused(x0, error, words):
    with pytest.raises(error, match=words):
        talweg.minimize(lambda x: 0.0, x0)
    with pytest.raises(error, match=words):
        talweg.gradient(lambda x: 0.0, x0)


def test_there_is_no_place_beyond_the_last():
    structure, _ = read_start(np.ones(3))
    with pytest.raises(IndexError):
        structure.locate(3)
