"""Dataclasses that JAX sees as nests of their numbers."""

import dataclasses

import jax
import pytest

from talweg.pytrees import tree_dataclass


@tree_dataclass
class Scaled:
    """A number times another, kept as a constant."""

    factor: float = 2.0
    power: int = dataclasses.field(default=1, metadata={"static": True})


@tree_dataclass
class Other:
    """As many fields, but another class."""

    factor: float = 2.0
    power: int = dataclasses.field(default=1, metadata={"static": True})


def test_numbers_are_leaves_and_static_fields_are_structure():
    leaves, structure = jax.tree_util.tree_flatten(Scaled(3.0, 2))
    assert leaves == [3.0]
    assert jax.tree_util.tree_unflatten(structure, [5.0]) == Scaled(5.0, 2)


def test_a_changed_number_is_no_new_compilation_but_a_changed_static_field_is():
    traces = []

    @jax.jit
    def apply(scaled, x):
        traces.append(scaled.power)
        return scaled.factor * x**scaled.power

    assert [float(apply(Scaled(f, p), 3.0)) for f, p in [(1.0, 1), (2.0, 1), (2.0, 2)]] == [
        3,
        6,
        18,
    ]
    assert traces == [1, 2]


def test_two_classes_with_the_same_fields_are_told_apart():
    @jax.jit
    def which(scaled):
        return 1.0 if isinstance(scaled, Scaled) else 2.0

    assert float(which(Scaled())) == 1.0
    assert float(which(Other())) == 2.0
    assert jax.tree_util.tree_structure(Scaled()) != jax.tree_util.tree_structure(Other())


def test_instances_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Scaled().factor = 1.0
