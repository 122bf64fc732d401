"""``talweg train``: a whole training, Ctrl-C, going on, and what it says meanwhile."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from rich.console import Console
from tests.training.tiny import shrink, striped

import talweg
from talweg.cli import cli, training_progress
from talweg.cli.interrupt import Interruption
from talweg.cli.report import Reporter
from talweg.cli.training_progress import CurveView, Lines, TrainingWatchers
from talweg.plots.training_picture import draw_training
from talweg.training.course import TrainingProgress
from talweg.training.standing import Look, load_standing
from talweg.training.validation import Score


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures to learn from, and files that can't be."""
    folder = tmp_path_factory.mktemp("train") / "photos"
    folder.mkdir()
    Image.fromarray(striped(0)).save(folder / "a.png")
    opaque = np.full((64, 128), 255, np.uint8)
    Image.fromarray(np.stack([striped(1)] * 3 + [opaque], -1)).save(folder / "b.png")
    Image.fromarray(striped(2)[:40]).save(folder / "small.png")
    Image.fromarray(striped(3)).save(folder / "c.restored.png")
    (folder / "bad.png").write_text("no picture")
    return folder


@pytest.fixture(scope="module")
def trained(folder):
    """A training that Ctrl-C ends after three batches, and what goes on from there."""
    output = folder.parent / "my.energy"

    def invoke(*arguments, output=output):
        command = ["train", folder, "-o", output, *arguments]
        return CliRunner().invoke(cli, [str(each) for each in command])

    class Impatient(Lines):
        def show(self, progress):
            super().show(progress)
            if progress.batch == 3:
                os.kill(os.getpid(), signal.SIGINT)

    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        with patch.context() as hurry:
            hurry.setattr(training_progress, "Lines", Impatient)
            first = invoke("--filters", 8, "--missing", "0.3,0.5", "--minutes", 50)
        assert first.exit_code == 130, first.output
        standing = load_standing(f"{output}.checkpoint")
        card = talweg.load_energy(output).card
        # A training that was stopped is neither lost nor gone on from by mistake.
        again = invoke("--minutes", 50)
        minutes = standing.seconds / 60.0 + 1e-3
        second = invoke(
            "--minutes", minutes, "--resume", "--json", "--plot", folder.parent / "a.svg"
        )
        assert second.exit_code == 0, second.output
        quiet = invoke(
            "--filters", 8, "--noise", "10,40", "--minutes", 1e-4, "--json",
            output=folder.parent / "quiet.energy",
        )  # fmt: skip
        assert quiet.exit_code == 0, quiet.output
    return SimpleNamespace(
        output=output, first=first, card=card, standing=standing, again=again, second=second,
        document=json.loads(second.stdout), quiet=quiet,
    )  # fmt: skip


def test_what_it_says(trained, folder):
    said = trained.first.stderr
    assert f"Warning: left out: {folder / 'bad.png'}: this is no image" in said
    assert f"Warning: left out: {folder / 'small.png'} has 128x40 pixels; 64x64 are" in said
    for line in (
        "alpha is not learned from: b.png",
        "2 pictures, 0.0164 million pixels",
        "held out: 64 x 64 pixels of 2 pictures (a.png, b.png)",
        "begins with nothing, 8 filters at each of three scales; 50 minutes",
        "compiling takes about ten seconds of them",
    ):
        assert line in said.splitlines()
    assert f"before training, held out: {trained.standing.looks[0].score}" in said.splitlines()
    assert trained.first.stdout == ""


def test_ctrl_c_writes_the_best_so_far(trained):
    said = trained.first.stderr
    assert said.count("Interrupted: measuring, then writing the best so far") == 1
    assert "--minutes 50 --resume" in said
    assert trained.standing.batch >= 3
    assert len(trained.standing.looks) == 2
    assert trained.card["batches"] == trained.standing.batch


def test_the_card_tells_what_was_done(trained):
    card = trained.card
    assert card["files"] == ["a.png", "b.png"]
    assert card["talweg"] == talweg.__version__
    assert card["started from"] == "cosines"
    assert card["missing"] == [0.3, 0.5]
    assert {"minutes", "batches", "seed", "over the thin plate, held out"} < set(card)


def test_a_checkpoint_is_not_written_over(trained):
    assert trained.again.exit_code == 2
    for words in ("my.energy.checkpoint", "--resume", "--force"):
        assert words in trained.again.stderr


def test_it_goes_on_to_its_end(trained):
    assert f"goes on from batch {trained.standing.batch}" in trained.second.stderr
    document = trained.document
    assert document["batches"] >= trained.standing.batch
    assert document["pictures"] == 2
    assert document["ended"] is True
    assert document["checkpoint"] is None
    assert [look["batch"] for look in document["looks"]][:2] == [0, trained.standing.batch]
    assert document["before"] == document["looks"][0]
    assert document["after"] in document["looks"]
    assert document["before"]["loss"] is None
    best = max(np.mean(look["gains"]) for look in document["looks"])
    assert np.mean(document["after"]["gains"]) == best
    assert document["output"] == str(trained.output)
    assert document["bytes"] == trained.output.stat().st_size
    assert document["before"]["levels"][::2] == [0.3, 0.5]
    assert document["before"]["noisy"] is False
    assert not Path(f"{trained.output}.checkpoint").exists()
    assert (trained.output.parent / "a.svg").read_text().startswith("<?xml")


def test_noise_is_trained_for(trained):
    assert "each of three scales; noise of 10 to 40 grey levels; 0.0001" in trained.quiet.stderr
    document = json.loads(trained.quiet.stdout)
    assert document["ended"] is True
    for each in (*document["looks"], document["before"], document["after"]):
        assert each["noisy"] is True
        np.testing.assert_allclose(each["levels"], (10.0, 20.0, 40.0))
        assert len(each["gains"]) == 3


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom talweg.cli import cli\n"
        "assert 'textures.energy' in CliRunner().invoke(cli, ['train', '--help']).output\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert not {"jax", "numpy", "scipy", "rich", "matplotlib"}.intersection(done.stdout.split())


def look(batch, seconds, gain, loss=-0.1):
    return Look(batch, seconds, loss, Score((0.5, 0.9), (gain, gain / 2)))


def progress(batch, seconds, looks, loss=-0.1):
    best = max(looks, key=lambda each: each.score.gain)
    return TrainingProgress(batch, seconds, 600.0, loss, looks, best)


FIRST, GOOD, BAD = look(0, 0.0, 0.0, np.nan), look(9, 20.0, 1.5), look(20, 40.0, 1.0)


def test_lines_at_every_validation_and_every_half_a_minute(capsys, monkeypatch):
    clock = SimpleNamespace(monotonic=lambda: clock.now, now=1000.0)
    monkeypatch.setattr(training_progress, "time", clock)
    lines = Lines(Reporter())
    for now, seen in (
        (0, progress(0, 0.0, [FIRST], np.nan)),
        (10, progress(5, 10.0, [FIRST])),
        (20, progress(9, 20.0, [FIRST, GOOD])),
        (40, progress(20, 40.0, [FIRST, GOOD, BAD])),
        (65, progress(30, 65.0, [FIRST, GOOD, BAD])),
        (71, progress(35, 71.0, [FIRST, GOOD, BAD])),
    ):
        clock.now = 1000.0 + now
        lines.show(seen)
    assert capsys.readouterr().err.splitlines() == [
        "0:00 of 10:00 minutes (10:00 left), 0 batches",
        "0:20 of 10:00 minutes (9:40 left), 9 batches, loss -0.100; held out: "
        f"{GOOD.score}, the best",
        f"0:40 of 10:00 minutes (9:20 left), 20 batches, loss -0.100; held out: {BAD.score}",
        "1:11 of 10:00 minutes (8:49 left), 35 batches, loss -0.100",
    ]


def test_the_curve_on_a_terminal():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=90, height=24, color_system=None)
    view = CurveView([-0.1, -0.2, -0.4], console)
    view.show(progress(20, 40.0, [FIRST, GOOD, BAD]))
    view.close()
    view.close()
    drawn = screen.getvalue()
    assert "█" in drawn
    assert "9:20 left" in drawn
    assert "the best: +1.50 dB at 50 %" in drawn.replace("\n", " ")


def test_the_history_stays_short(monkeypatch):
    monkeypatch.setattr(training_progress, "MOST_KEPT", 10)
    watchers = TrainingWatchers(Interruption(), Reporter(quiet=True), [FIRST, GOOD])
    assert watchers.history == [(20.0, -0.1)]
    for second in range(21, 101):
        watchers(progress(second, float(second), [FIRST, GOOD], -second / 100))
        watchers(progress(second, float(second), [FIRST, GOOD], -second / 100))
    times, _ = zip(*watchers.history, strict=True)
    assert 5 <= len(times) <= 10
    assert times[0] == 20.0
    assert list(times) == sorted(set(times))
    assert all(loss == -second / 100 for second, loss in watchers.history[1:])


def test_the_picture():
    figure = draw_training(
        [(0.0, np.nan), (10.0, -0.2), (20.0, -0.3)], [FIRST, GOOD, BAD], best=GOOD, title="a $b$"
    )
    loss, gains = figure.axes
    np.testing.assert_allclose(loss.get_lines()[0].get_xydata(), [[10 / 60, -0.2], [20 / 60, -0.3]])
    labels = {line.get_label(): line.get_ydata() for line in gains.get_lines()}
    np.testing.assert_array_equal(labels["50 % missing"], [0.0, 1.5, 1.0])
    np.testing.assert_array_equal(labels["90 % missing"], [0.0, 0.75, 0.5])
    assert gains.get_ylabel().endswith("thin plate")
    assert gains.get_xlabel() == "minutes"
    figure.savefig(io.BytesIO())
    late = draw_training([], [FIRST, look(9, 9000.0, np.nan)])
    assert late.axes[0].get_xlabel() == "hours"
    late.savefig(io.BytesIO())
    noisy = draw_training([], [Look(0, 0.0, -0.1, Score((5.0, 15.81), (1.0, 2.0), noisy=True))])
    words = [line.get_label() for line in noisy.axes[1].get_lines()][:2]
    assert words == ["noise of 5 grey levels", "noise of 15.8 grey levels"]
    assert noisy.axes[1].get_ylabel().endswith("noisy picture")
    with pytest.raises(ValueError, match="no validation"):
        draw_training([], [])
