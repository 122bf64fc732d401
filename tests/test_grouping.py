"""Groups of points against what brute force finds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from talweg.grouping import group


def yes(i, j):
    return True


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_clusters_that_are_far_apart_are_found_whole(labels, seed):
    generator = np.random.default_rng(seed)
    labels = np.array(labels)
    points = 10.0 * labels[:, None] + generator.uniform(-0.3, 0.3, (len(labels), 2))
    merit = generator.random(len(labels))
    groups = group(points, merit, np.array([1.0, 1.0]), yes)
    assert sorted(np.concatenate(groups).tolist()) == list(range(len(labels)))
    assert len(groups) == len(set(labels))
    for members in groups:
        assert len(set(labels[members])) == 1
        assert merit[members[0]] == merit[members].min()


def test_no_points_make_no_groups():
    assert group(np.zeros((0, 2)), np.zeros(0), np.ones(2), yes) == []


def test_what_is_near_but_not_the_same_stays_apart():
    points = np.array([[0.0], [0.4], [1e-3]])

    def same(i, j):
        return abs(points[i, 0] - points[j, 0]) < 0.1

    groups = group(points, np.array([0.0, 1.0, 2.0]), np.array([1.0]), same)
    assert [members.tolist() for members in groups] == [[0, 2], [1]]


def test_each_coordinate_has_its_own_measure():
    points = np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 0.5]])
    groups = group(points, np.arange(3.0), np.array([1.0, 0.1]), yes)
    assert [members.tolist() for members in groups] == [[0, 1], [2]]
