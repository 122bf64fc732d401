"""``talweg restore``: several files, folders, standard input and output, names of outputs."""

from __future__ import annotations

import io
import json

import numpy as np
import tifffile
from PIL import Image


def test_overwrites_only_when_asked(run, refused, photo, tmp_path):
    target = tmp_path / "photo.restored.png"
    target.write_bytes(b"precious")
    refused(2, "restore", photo, says=("photo.restored.png", "exists", "-f"))
    assert target.read_bytes() == b"precious"
    assert run("restore", photo, "-f").exit_code == 0
    assert np.asarray(Image.open(target)).shape == (32, 40)


def test_a_folder(run, photo, tmp_path):
    frames = tmp_path / "frames"
    frames.mkdir()
    for name in ("a.png", "b.png"):
        (frames / name).write_bytes(photo.read_bytes())
    (frames / "notes.txt").write_text("none of ours")
    result = run("restore", frames, "-o", tmp_path / "deep" / "out", "--json")
    assert result.exit_code == 0, result.output
    assert len([json.loads(line) for line in result.stdout.splitlines()]) == 2
    names = [path.name for path in (tmp_path / "deep" / "out").iterdir()]
    assert sorted(names) == ["a.png", "b.png"]
    # Without -o the results lie beside the images, and a second run does not restore them too.
    assert run("restore", frames).exit_code == 0
    assert run("restore", frames, "-f").exit_code == 0
    names = sorted(path.name for path in frames.iterdir())
    assert names == ["a.png", "a.restored.png", "b.png", "b.restored.png", "notes.txt"]


def test_an_error_in_one_image_does_not_stop_the_others(run, photo, tmp_path):
    bad, missing = tmp_path / "bad.png", tmp_path / "none.png"
    bad.write_text("not an image")
    result = run("restore", missing, bad, photo, "--max-iter", 1, "--json")
    assert result.exit_code == 3
    first, second, third = [json.loads(line) for line in result.stdout.splitlines()]
    assert (first["exit_code"], second["exit_code"]) == (3, 3)
    assert str(bad) in second["error"]
    assert third["output"] == str(tmp_path / "photo.restored.png")
    assert len([one for one in result.stderr.splitlines() if one.startswith("Error")]) == 2
    result = run("restore", photo, bad, "-f", "--max-iter", 1)
    assert result.exit_code == 4  # of the first failure


def test_one_image_into_a_folder_that_exists(run, photo, tmp_path):
    (tmp_path / "out").mkdir()
    assert run("restore", photo, "-o", tmp_path / "out").exit_code == 0
    assert (tmp_path / "out" / "photo.png").is_file()


def test_what_cannot_go_together(refused, photo, tmp_path):
    other = tmp_path / "other" / "photo.png"
    other.parent.mkdir()
    other.write_bytes(photo.read_bytes())
    (tmp_path / "file").touch()
    restore = ("restore", photo, other)
    refused(2, *restore, "-o", tmp_path / "out", says="both")
    refused(2, *restore, "-o", tmp_path / "file", says="folder")
    refused(2, *restore, "-o", "-", says="folder")
    refused(2, *restore, "--movie", tmp_path / "a.gif", says="--movie")
    refused(2, "restore", "-", "-", says="once")
    refused(2, "restore", "", says="empty")
    refused(2, "restore", photo, "-o", "-", "--json", says="--json")
    refused(2, "restore", photo, "-o", tmp_path / "out.xyz", says=".xyz")
    refused(2, "restore", photo, "-o", tmp_path / "out", says="no ending")
    refused(2, "restore", photo, "--movie", tmp_path / "a.mp4", says=".gif")
    refused(2, "restore", photo, "--energy", "smooth", says=("thin_plate", "FILE.py:FUNC"))
    refused(2, "restore", photo, "--energy", "smooth.py", says="smooth.py:FUNC")
    wrong = ("--method", "conjugate_gradient", "--step", "0.1")
    refused(2, "restore", photo, *wrong, says="strong_wolfe")
    assert not (tmp_path / "out").exists()


def test_standard_input_and_output(run, photo, damaged):
    result = run("restore", "-", stdin=photo.read_bytes())
    assert result.exit_code == 0, result.output
    image = Image.open(io.BytesIO(result.stdout_bytes))
    assert image.format == "PNG"
    broken, mask = damaged
    np.testing.assert_array_equal(np.asarray(image)[~mask], broken[~mask])
    assert "standard input: 40x32 gray uint8" in result.stderr
    stream = io.BytesIO()
    tifffile.imwrite(stream, broken)
    result = run("restore", "-", stdin=stream.getvalue())
    assert Image.open(io.BytesIO(result.stdout_bytes)).format == "TIFF"
