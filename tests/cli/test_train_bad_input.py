"""``talweg train``: options and pictures that can't be used, each told in one line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.training.tiny import striped

from talweg.cli import training_pictures
from talweg.cli.errors import CommandError, Exit
from talweg.cli.report import Reporter
from talweg.cli.training_pictures import read_pictures
from talweg.cli.training_request import Request
from talweg.energies.beginning import first_parameters
from talweg.energies.energy_file import save_energy
from talweg.energies.fields import fields_energy
from talweg.energies.learned import LearnedEnergy
from talweg.errors import ImageError
from talweg.training.standing import Look, Standing, save_standing
from talweg.training.validation import Score


@pytest.fixture
def photo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(striped(0)).save("a.png")
    return "a.png"


@pytest.fixture
def stopped(photo):
    """The checkpoint of a training of 12 minutes."""
    parameters = first_parameters(8, 4, 1, 2)
    settings = {"filters": 8, "steps": 2, "missing": [0.5, 0.9], "noise": [5.0, 50.0], "seed": 2,
                "started from": "cosines"}  # fmt: skip
    looks = [Look(0, 0.0, -0.1, Score((0.5,), (0.0,)))]
    save_standing("o.energy.checkpoint", Standing(settings, parameters, parameters, looks, 720.0))
    return settings


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["a.png"], "'-o'"),
        (["-o", "o.energy"], "IMAGES"),
        (["a.png", "-o", "o.energy", "--minutes", "0"], "0 is not a positive number"),
        (["a.png", "-o", "o.energy", "--minutes", "nan"], "not a positive number"),
        (["a.png", "-o", "o.energy", "--filters", "12"], "12 is not a multiple of 8 from 8 to 192"),
        (["a.png", "-o", "o.energy", "--filters", "200"], "200 is not a multiple"),
        (["a.png", "-o", "o.energy", "--missing", "0.9,0.5"], "the least and the largest"),
        (["a.png", "-o", "o.energy", "--missing", "0,0.5"], "between 0 and 1"),
        (["a.png", "-o", "o.energy", "--missing", "half"], "'half' is not one share or two"),
        (["a.png", "-o", "o.energy", "--missing", "1,2,3"], "not one share or two"),
        (["a.png", "-o", "o.energy", "--missing", "nan"], "between 0 and 1"),
        (["a.png", "-o", "o.energy", "--rng", "-1"], "--rng"),
        (["a.png", "-o", "o.energy", "--noise", "0,5"], "above 0 and up to 255"),
        (["a.png", "-o", "o.energy", "--noise", "5,256"], "above 0 and up to 255"),
        (["a.png", "-o", "o.energy", "--noise", "30,5"], "the least and the largest"),
        (["a.png", "-o", "o.energy", "--noise", "loud"], "'loud' is not one level of noise or two"),
        (["a.png", "-o", "o.energy", "--steps", "1"], "2<=x<=64"),
    ],
)
def test_what_the_options_must_be(run, photo, arguments, says):
    result = run("train", *arguments)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("code", "arguments", "says"),
    [
        (2, ["a.png", "-o", "-"], "-o -: end it in .energy"),
        (2, ["a.png", "-o", ""], "name is empty"),
        (2, ["-", "-o", "o.energy"], "standard input"),
        (2, ["a.png", "-fo", "a.png"], "-o a.png: end it in .energy"),
        (2, ["a.png", "-o", "o.energy", "--checkpoint", "a.png", "-f"], "would be written over"),
        (2, ["a.png", "-o", "there.energy"], "there.energy: the file exists already"),
        (2, ["a.png", "-o", "folder.energy"], "this is a folder"),
        (1, ["a.png", "-o", "none/o.energy"], "does not exist"),
        (2, ["a.png", "-o", "o.energy", "--plot", "o.txt"], "end it in .png, .pdf, .svg"),
        (2, ["a.png", "-o", "o.energy", "--checkpoint", "o.energy"], "different files"),
        (2, ["a.png", "-o", "o.energy", "--filters", "8", "--from", "fields"], "one of them"),
        (2, ["a.png", "-o", "o.energy", "--from", "tv"], "written down, not learned"),
        (3, ["a.png", "-o", "o.energy", "--from", "none.energy"], "can't be read"),
        (3, ["a.png", "-o", "o.energy", "--from", "a.png"], "not the file of a learned energy"),
        (
            2,
            ["a.png", "-o", "o.energy", "--from", "quiet.energy"],
            "--from: quiet was trained on n",
        ),
        (2, ["a.png", "-o", "o.energy", "--noise", "5", "--from", "held.energy"], "--from: held"),
        (2, ["a.png", "-o", "o.energy", "--from", "held.energy", "--steps", "2"], "--steps: held"),
        (2, ["a.png", "-o", "o.energy", "--resume"], "no checkpoint o.energy.checkpoint"),
        (3, ["none.png", "-o", "o.energy"], "can't be used; leave it out"),
        (3, ["square.png", "-o", "o.energy"], "at least 128 pixels along one side"),
    ],
)
def test_what_cannot_be_done(run, photo, code, arguments, says):
    Image.fromarray(striped(0)[:, :100]).save("square.png")
    for name, noise in (("held", None), ("quiet", [5, 50])):
        learned = LearnedEnergy(
            name, fields_energy, parameters=first_parameters(8, 4, 1, 3), card={"noise": noise}
        )
        save_energy(f"{name}.energy", learned)
    Path("there.energy").touch()
    Path("folder.energy").mkdir()
    result = run("train", *arguments)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert says in errors[-1]
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "lasted 12.0 minutes already; give more --minutes than 10"),
        (["--minutes", "30", "--filters", "16"], "has --filters 8; leave --filters out"),
        (["--minutes", "30", "--missing", "0.5,0.95"], "has --missing 0.5,0.9; leave"),
        (["--minutes", "30", "--rng", "0"], "has --rng 2; leave"),
        (["--minutes", "30", "--noise", "5,30"], "has --noise 5,50; leave"),
        (["--minutes", "30", "--steps", "4"], "has --steps 2; leave"),
        (["--minutes", "30", "--from", "fields"], "has --from cosines; leave"),
    ],
)
def test_what_cannot_be_gone_on_with(refused, stopped, arguments, says):
    refused(2, "train", "a.png", "-o", "o.energy", "--resume", *arguments, says=says)


def test_what_is_gone_on_with(stopped):
    request = Request(("a.png",), "o.energy", minutes=30.0, resume=True)
    request.check()
    standing = request.going_on()
    assert standing.seconds == 720.0
    options = request.options()
    assert (options["filters"], options["missing"], options["rng"]) == (8, (0.5, 0.9), 2)
    assert (options["steps"], options["noise"]) == (2, (5.0, 50.0))
    assert request.resuming() == "talweg train a.png -o o.energy --minutes 30 --resume"
    begun = dataclasses.replace(request, resume=False)
    with pytest.raises(CommandError, match="go on with it by --resume"):
        begun.check()
    dataclasses.replace(begun, force=True).check()


def test_a_damaged_checkpoint_is_named(refused, photo):
    with open("o.energy.checkpoint", "w") as file:
        file.write("nothing of the kind")
    refused(
        3, "train", "a.png", "-o", "o.energy", "--resume",
        says="o.energy.checkpoint: not the checkpoint",
    )  # fmt: skip


def test_every_kind_of_picture(photo, capsys):
    gray = striped(0)
    np.save("unit.npy", gray / 255)
    Image.fromarray(gray.astype(np.uint16) * 257).save("deep.png")
    Image.fromarray(np.stack([gray] * 3, -1)).save("rgb.png")
    found = read_pictures(["a.png", "unit.npy", "deep.png", "rgb.png", "./a.png"], Reporter())
    assert [pixels.shape for pixels in found.pixels] == [
        (64, 128), (64, 128), (64, 128), (64, 128, 3),
    ]  # fmt: skip
    assert found.pixels[2].dtype == np.uint16
    assert "named twice, taken once: a.png" in capsys.readouterr().err


def test_pictures_that_cannot_be_learned_from(photo, capsys):
    rng = np.random.default_rng(0)
    np.save("volume.npy", rng.random((64, 64, 70)))
    np.save("loud.npy", 200 * rng.random((64, 128)))
    np.save("holes.npy", np.full((64, 128), np.nan))
    frames = [Image.fromarray(striped(k)) for k in range(2)]
    frames[0].save("film.gif", save_all=True, append_images=frames[1:])
    names = ["volume.npy", "loud.npy", "holes.npy", "film.gif"]
    with pytest.raises(CommandError, match="4 pictures can't be used") as caught:
        read_pictures([*names, photo], Reporter())
    assert caught.value.code is Exit.BAD_INPUT
    lines = capsys.readouterr().err.splitlines()
    for line, name, says in zip(
        lines, names, ("volume", "scale them to 0 to 1", "take out NaN", "animation"), strict=True
    ):
        assert line.startswith(f"Error: {name}: ")
        assert says in line
    # In a folder they are left out, by name.
    found = read_pictures(["."], Reporter())
    assert found.names == ["a.png"]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("Warning: left out: ") for line in lines)


def test_nothing_is_left(photo, tmp_path):
    Image.fromarray(striped(0)[:30]).save("thin.png")
    with pytest.raises(ImageError, match="no picture is left to learn from in thin"):
        read_pictures(["thin.png"], Reporter())
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageError, match="holds no image"):
        read_pictures(["empty"], Reporter())
    Image.fromarray(striped(0)).save("empty/a.restored.png")
    with pytest.raises(ImageError, match="only restored pictures"):
        read_pictures(["empty"], Reporter())


def test_of_large_pictures_the_middle_is_kept(photo, capsys, monkeypatch):
    large = np.arange(200 * 400, dtype=np.uint32).reshape(200, 400)
    np.save("large.npy", large)
    monkeypatch.setattr(training_pictures, "MOST_PIXELS", 2 * 20_000)
    found = read_pictures(["a.png", "large.npy"], Reporter())
    assert found.pixels[0].shape == (64, 128)
    assert found.pixels[1].shape == (128, 200)  # not lower than two crops
    np.testing.assert_array_equal(found.pixels[1], large[36:164, 100:300])
    assert "middle 0.02 million pixels are learned from of large.npy" in capsys.readouterr().err
