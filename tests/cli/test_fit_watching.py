"""A fit while it runs: lines, the bar, the curve, the log, Ctrl-C; and the picture of it."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from rich.console import Console

from talweg.cli import fitting, fitting_progress
from talweg.cli.fitting_live import LossView, loss_chart
from talweg.cli.fitting_log import EpochLog
from talweg.cli.fitting_progress import Bar, FitWatchers, Lines, Sight, tell_size
from talweg.cli.fitting_rows import NoticingRows, Sample, dependent_columns
from talweg.cli.interrupt import Interruption
from talweg.cli.report import Reporter
from talweg.plots.regression_picture import MOST_EFFECTS, draw_curve_of_fit, draw_fit
from talweg.regression import rows as rows_module
from talweg.regression.rows import ArrayRows


@pytest.fixture
def points(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "points.csv").write_text("x,y\n1,5.5\n2,6\n3,6.5\n4,7\n5,7.5\n6,8\n8,9\n")
    return "points.csv"


def epoch(number, loss, *weights):
    intercept, *coefficients = weights
    return SimpleNamespace(
        epoch=number, loss=loss, intercept=intercept, coefficients=np.array(coefficients)
    )


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom talweg.cli import cli\n"
        "assert 'MODEL.json' in CliRunner().invoke(cli, ['fit', '--help']).output\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    heavy = {"jax", "numpy", "scipy", "pyarrow", "rich", "matplotlib"}
    assert not heavy.intersection(done.stdout.split())


def test_ctrl_c_keeps_the_best_so_far(run, points, monkeypatch):
    class Impatient(EpochLog):
        def show(self, state):
            super().show(state)
            if state.epoch == 20:
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(fitting, "EpochLog", Impatient)
    result = run(
        "fit", points, "-y", "y", "--epochs", 10**9, "--step", 0.008, "--log-every", 10**6,
        "-o", "m.json",
    )  # fmt: skip
    assert result.exit_code == 130, result.output
    assert "Interrupted: keeping the best so far" in result.stderr
    assert "Warning: points.csv: interrupted" in result.stderr
    x, y = np.loadtxt(points, delimiter=",", skiprows=1).T
    weights = np.zeros(2)
    for _ in range(20):
        residual = weights[0] + weights[1] * x - y
        weights -= 0.008 * np.array([residual.mean(), (residual * x).mean()])
    document = json.loads(Path("m.json").read_text())
    kept = [document["intercept"]["coefficient"], document["columns"][0]["coefficient"]]
    np.testing.assert_allclose(kept, weights, rtol=1e-12)
    assert "Epoch 19: Loss: " in result.stdout  # the last one, though it wasn't its turn


def test_the_log_says_the_loss_before_and_the_weights_after():
    said = []
    log = EpochLog(("a", "b"), 2, True, said.append)
    for k in range(5):
        log.show(epoch(k, 10.0 - k, k, -k, 0.5))
    log.close()
    assert said == [
        "w0: intercept, w1: a, w2: b",
        "[Initial Weights] w0: 0.0, w1: 0.0, w2: 0.5",
        "-" * 80,
        "Epoch 0: Loss: 10.0, w0: 1.0, w1: -1.0, w2: 0.5",
        "Epoch 2: Loss: 8.0, w0: 3.0, w1: -3.0, w2: 0.5",
        "Epoch 3: Loss: 7.0, w0: 4.0, w1: -4.0, w2: 0.5",
    ]


def test_the_log_of_many_columns_without_intercept_is_short():
    said = []
    log = EpochLog(tuple(f"x{k}" for k in range(30)), 1, False, said.append)
    log.show(epoch(0, 1.0, 0.0, *range(30)))
    assert said[0].startswith("w0: x0, w1: x1, ")
    assert said[0].endswith("w9: x9, and 20 more, which aren't shown")
    assert said[1].endswith("w9: 9.0")


def test_batches_are_counted_apart():
    said = []
    log = EpochLog(("a",), 2, True, said.append, batches=True)
    for state in (
        epoch(1, 9.0, 1, 1), epoch(2, 8.0, 2, 2), epoch(3, 7.0, 3, 3),
        epoch(0, 6.0, 4, 4), epoch(1, 5.0, 5, 5),
    ):  # fmt: skip
        log.show(state)
    log.close()
    assert [line.split(":")[0] for line in said if "Loss" in line] == ["Batch 2", "Epoch 0"]
    assert said[-1] == "Epoch 0: Loss: 6.0, w0: 5.0, w1: 5.0"


def test_lines_come_a_second_apart(capsys):
    lines = Lines("t.csv", Reporter())
    for seconds in (0.5, 1.0, 1.5, 2.1):
        lines.show(Sight(10, 40, 2_000_000, 8_000_000, 3, 0.5, seconds))
    lines.close()
    assert capsys.readouterr().err.splitlines() == [
        f"t.csv: epoch 3, loss 0.5, 10 of 40 rows, 2 MB of 8 MB, {seconds} s"
        for seconds in ("1.0", "2.1")
    ]


def test_the_bar_shows_the_share_and_goes_away():
    stream = io.StringIO()
    bar = Bar("t.csv", Console(file=stream, force_terminal=True, width=120))
    bar.show(Sight(10, None, 50, 100, seconds=0.1))
    assert stream.getvalue() == ""
    bar.show(Sight(10, None, 50, 100, seconds=3.0))
    bar.close()
    assert "50 B of 100 B" in stream.getvalue()
    assert stream.getvalue().endswith("\x1b[2K")


@pytest.mark.parametrize(
    ("sight", "share"),
    [
        (Sight(1, 4), 0.25),
        (Sight(1, None, 3, 4), 0.75),
        (Sight(1), None),
        (Sight(9, 4), 1.0),
    ],
)
def test_the_share_that_is_done(sight, share):
    assert sight.share == share


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (2_500_000_000, "2.5 GB"), (10**16, "1e+04 TB")],
)
def test_sizes(count, text):
    assert tell_size(count) == text


def test_watchers_pass_on_and_stop():
    seen = []
    course = SimpleNamespace(show=lambda sight: seen.append(sight.rows), close=lambda: None)
    interruption = Interruption()
    table = SimpleNamespace(rows_total=7, bytes_total=46)
    watchers = FitWatchers(table, interruption, Reporter(quiet=True), [course])
    watchers.read(SimpleNamespace(rows=3, bytes=20))
    watchers(epoch(1, 2.0, 0.0, 1.0))
    interruption.asked = True
    with pytest.raises(StopIteration):
        watchers(epoch(2, 1.0, 0.0, 1.0))
    assert seen == [3, 3, 3]


def test_the_chart_falls_as_the_loss_does():
    losses = [100.0 * 0.5**k for k in range(60)]
    chart = loss_chart(losses, 50, 8)
    assert len(chart) == 8
    assert chart[0].split()[0] == "100"
    assert chart[-1].split()[0] == f"{losses[-1]:.4g}"
    bars = [line[line.rindex(" ") + 1 :] for line in chart]
    lengths = [len(bar) for bar in bars]
    assert lengths == sorted(
        lengths
    )  # each line of the chart is as wide as the one above, or wider
    assert loss_chart([], 50, 8) == []
    assert loss_chart([float("nan")], 50, 8) == []
    assert len(loss_chart([1.0, -1.0, float("inf")], 50, 3)) == 3


def test_the_view_keeps_the_curve(monkeypatch):
    monkeypatch.setattr("talweg.cli.fitting_live.MOST_KEPT", 64)
    stream = io.StringIO()
    view = LossView("t.csv", Console(file=stream, force_terminal=True, width=60, height=14))
    for k in range(1000):
        view.show(Sight(7, 7, epoch=k, loss=1000.0 - k, seconds=k / 100.0))
    view.close()
    view.close()
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue()).splitlines()[-12:]
    assert "1000" in "".join(last)
    assert "t.csv: epoch 999, loss 1" in "".join(last)


def test_the_view_is_of_a_terminal_only(run, points, monkeypatch):
    arguments = ("fit", points, "-y", "y", "--epochs", 5, "--step", 0.01, "--live", "terminal")
    assert run(*arguments).exit_code == 0
    monkeypatch.setattr(fitting_progress, "is_terminal", lambda: True)
    result = run(*arguments)
    assert result.exit_code == 0
    assert "epoch 5, loss" in result.stderr


@pytest.fixture
def blocky(monkeypatch):
    """Hand out rows in blocks of 256 rows."""
    monkeypatch.setattr(rows_module, "_BLOCK_BYTES", 1)
    random = np.random.default_rng(0)
    x = random.normal(size=(1000, 3))
    x[:, 1] = 7.0
    return ArrayRows(x, x[:, 0].copy())


def test_columns_that_never_vary_are_noticed(blocky):
    rows = NoticingRows(blocky)
    assert len(list(rows.blocks())) == 4
    assert (rows.count, rows.constant_columns, rows.constant_target) == (1000, {"x2": 7.0}, None)
    blocky.y[:] = 3.0
    blocky.x[999, 1] = 8.0
    rows = NoticingRows(blocky)
    list(rows.blocks())
    assert (rows.constant_columns, rows.constant_target) == ({}, 3.0)


def test_few_rows_are_read_once(blocky, monkeypatch):
    passes = []
    source = SimpleNamespace(names=blocky.names, blocks=lambda: passes.append(1) or blocky.blocks())
    for most, expected in ((2**26, 1), (1000, 3)):
        monkeypatch.setattr("talweg.cli.fitting_rows.KEPT_BYTES", most)
        rows = NoticingRows(source, keep=True)
        passes.clear()
        for _ in range(3):
            together = np.concatenate([block.columns for block in rows.blocks()], axis=1)
            np.testing.assert_array_equal(together, blocky.x.T)
        assert len(passes) == expected


def test_a_sample_is_of_all_rows_alike(blocky):
    blocky.y[:] = np.arange(1000)
    counts = np.zeros(1000)
    for seed in range(200):
        sample = Sample.of(blocky, seed, 100)
        assert len(sample.target) == 100
        assert len(np.unique(sample.target)) == 100
        counts[sample.target.astype(int)] += 1
    # Each row is in a tenth of 200 samples: 20 of them, give or take 4.2.
    assert abs(counts - 20).max() < 5.5 * 4.2
    thirds = [counts[:250].mean(), counts[250:500].mean(), counts[750:].mean()]
    np.testing.assert_allclose(thirds, 20, atol=4 * 4.2 / np.sqrt(250))
    everything = Sample.of(blocky, 0, 5000)
    np.testing.assert_array_equal(everything.target, blocky.y)
    np.testing.assert_array_equal(Sample.first(blocky, 300).target, np.arange(300))


def test_columns_that_depend_on_others_are_named():
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 50)) * [[1e-8], [1e8]]
    columns = [a, b, a * 1e16 + b, np.full(50, 3.0), b * (1 + 1e-4 * random.normal(size=50))]
    assert dependent_columns(columns, "abcde", True) == ["c", "d"]
    assert dependent_columns(columns, "abcde", False) == ["c"]
    assert dependent_columns(np.zeros((2, 0)), "ab", True) == []


def test_the_picture_of_a_curve():
    x = np.arange(5.0)
    figure = draw_curve_of_fit(
        x, x**2, (x, x**2 + 1), names=("t [s]", "h [$m$]"), history=[(0, 100.0), (1, 1.0)]
    )
    curve, losses = figure.axes
    assert (curve.get_xlabel(), curve.get_ylabel()) == ("t [s]", r"h [\$m\$]")
    points, line = curve.get_lines()
    np.testing.assert_array_equal(points.get_ydata(), x**2)
    np.testing.assert_array_equal(line.get_ydata(), x**2 + 1)
    assert losses.get_yscale() == "log"
    np.testing.assert_array_equal(losses.get_lines()[0].get_ydata(), [100.0, 1.0])


def test_the_picture_of_many_columns():
    random = np.random.default_rng(0)
    observed = random.normal(size=50)
    effects = random.normal(size=30)
    names = [f"column {k}" for k in range(30)]
    figure = draw_fit(observed, observed + 1.0, names, effects, np.full(30, 0.1), target="y")
    against, residuals, shown = figure.axes
    np.testing.assert_array_equal(against.get_lines()[0].get_xdata(), observed + 1.0)
    np.testing.assert_allclose(residuals.get_lines()[0].get_ydata(), -1.0)
    assert len(shown.get_yticklabels()) == MOST_EFFECTS
    largest = int(np.argmax(np.abs(effects)))
    assert shown.get_yticklabels()[0].get_text() == f"column {largest}"
    assert "(20 of 30)" in shown.get_xlabel()


def test_the_picture_of_two_classes():
    observed = np.repeat([0.0, 1.0], 50)
    figure = draw_fit(observed, np.repeat([0.25, 0.75], 50), ["a"], [1.0], target="bought")
    shares = figure.axes[0].containers[0].lines[0]
    np.testing.assert_allclose(shares.get_xydata(), [[0.25, 0.0], [0.75, 1.0]])


def test_pictures_of_next_to_nothing():
    for figure in (
        draw_curve_of_fit([], [], ([], [])),
        draw_fit([], []),
        draw_fit([1.0], [1.0], ["a"], [0.0], [np.nan], history=[(0, np.nan)]),
    ):
        assert isinstance(figure, Figure)
        figure.savefig(io.BytesIO())
    with pytest.raises(ValueError, match="same length"):
        draw_fit([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="same length"):
        draw_fit([1.0], [1.0], ["a", "b"], [1.0])


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_a_picture_is_written(run, points, ending):
    result = run("fit", points, "-y", "y", "--plot", f"fit.{ending}")
    assert result.exit_code == 0, result.output
    if ending == "png":
        with Image.open("fit.png") as image:
            assert min(image.size) > 600
    else:
        assert Path("fit.svg").read_text().startswith("<?xml")
    again = run("fit", points, "-y", "y", "--plot", f"fit.{ending}")
    assert again.exit_code == 2
