"""Points and minima to draw, and figures closed again, with matplotlib left as it was."""

from __future__ import annotations

from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot

from talweg import plots

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _left_as_it_was():
    before = dict(mpl.rcParams)
    yield
    pyplot.close("all")
    assert dict(mpl.rcParams) == before


@pytest.fixture(autouse=True)
def _few_step_sizes(monkeypatch):
    """Try fewer step sizes than a reader wants to see: each is a descent."""
    from talweg.plots import stepping

    monkeypatch.setattr(stepping, "TRIED", 13)


@pytest.fixture
def point():
    """Make what `talweg.critical_point` returns, as far as a picture looks at it."""

    def make(x, kind="minimum", **more):
        return SimpleNamespace(x=x, kind=kind, **more)

    return make


@pytest.fixture
def two_wells():
    """Return what `talweg.minimize_many` makes of 20 x 20 starts between wells at x = -1 and 1."""
    starts = plots.grid_starts((-2.0, 2.0), 20)
    which = (starts[:, 0] > 0.0).astype(int)
    which[starts[:, 1] > 1.95] = -1
    return SimpleNamespace(
        x=np.array([[-1.0, 0.0], [1.0, 0.0]]), fun=np.array([0.0, 0.5]), which=which,
        counts=np.array([(which == 0).sum(), (which == 1).sum()]), ends=starts,
    )  # fmt: skip


@pytest.fixture
def line_of():
    """Return a function that finds the one line with a label."""

    def find(ax, label):
        (line,) = [line for line in ax.get_lines() if line.get_label() == label]
        return line

    return find
