"""``talweg damage``."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import tifffile
from PIL import Image

from talweg.cli.damage import luminance
from talweg.images.damage import damage


@pytest.fixture
def picture(tmp_path, clean):
    path = tmp_path / "clean.png"
    Image.fromarray(np.stack([clean, clean // 2, 255 - clean], axis=-1)).save(path)
    return path


def test_does_what_the_function_does(run, picture, tmp_path):
    target, lost = tmp_path / "out.png", tmp_path / "lost.png"
    given = ("-o", target, "--missing", 0.7, "--rng", 5, "--mask-out", lost, "--json")
    result = run("damage", picture, *given)
    assert result.exit_code == 0, result.output
    expected, mask = damage(np.asarray(Image.open(picture)), missing=0.7, rng=5, channel_axis=2)
    np.testing.assert_array_equal(np.asarray(Image.open(target)), expected)
    np.testing.assert_array_equal(np.asarray(Image.open(lost)), np.where(mask, 255, 0))
    record = json.loads(result.stdout)
    assert record["missing"]["count"] == mask.sum()
    assert (record["rng"], record["shape"]) == (5, [32, 40, 3])
    assert "--rng 5" in result.stderr


def test_without_a_seed_it_tells_one_that_gives_the_same_again(run, picture, tmp_path):
    result = run("damage", picture, "-o", tmp_path / "a.png", "--json", "-q")
    assert result.stderr == ""
    seed = json.loads(result.stdout)["rng"]
    run("damage", picture, "-o", tmp_path / "b.png", "--rng", seed)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_gray_and_downsample(run, picture, tmp_path):
    target = tmp_path / "out.png"
    given = ("--gray", "--downsample", 3, "--missing", 0.5, "--rng", 0)
    assert run("damage", picture, "-o", target, *given).exit_code == 0
    gray = np.asarray(Image.open(picture).convert("L"))[::3, ::3]
    expected, _ = damage(gray, missing=0.5, rng=0)
    np.testing.assert_array_equal(np.asarray(Image.open(target)), expected)


def test_alpha_is_kept(run, tmp_path, clean):
    image = np.stack([clean] * 4, axis=-1)
    Image.fromarray(image).save(tmp_path / "a.png")
    run("damage", tmp_path / "a.png", "-o", tmp_path / "b.png", "--downsample", 2)
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "b.png"))[..., 3], clean[::2, ::2]
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.uint64, np.int64, np.float32])
def test_luminance_keeps_the_type_and_white(dtype):
    white = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    gray = luminance(np.array([[[0, 0, 0], [white] * 3]], dtype))
    assert gray.dtype == dtype
    np.testing.assert_allclose(gray.astype(float), [[0, white]], rtol=1e-6)


def test_luminance_is_pillows():
    colours = np.random.default_rng(0).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(colours).convert("L"))
    np.testing.assert_array_equal(luminance(colours), expected)


def test_jpeg_is_refused(refused, picture, tmp_path):
    refused(2, "damage", picture, "-o", tmp_path / "a.jpg", says="JPEG")
    given = ("-o", tmp_path / "a.png", "--mask-out", tmp_path / "m.jpeg")
    refused(2, "damage", picture, *given, says="JPEG")
    assert [path.name for path in tmp_path.iterdir()] == ["clean.png"]


def test_overwrites_only_when_asked(run, refused, picture, tmp_path):
    for name in ("out.png", "lost.png"):
        (tmp_path / name).touch()
    refused(2, "damage", picture, "-o", tmp_path / "out.png", says="-f")
    given = ("-o", tmp_path / "new.png", "--mask-out", tmp_path / "lost.png")
    refused(2, "damage", picture, *given, says="-f")
    assert not (tmp_path / "new.png").exists()
    assert run("damage", picture, "-o", tmp_path / "out.png", "-f").exit_code == 0
    assert np.asarray(Image.open(tmp_path / "out.png")).shape == (32, 40, 3)


def test_through_pipes_and_back(run, tmp_path, clean):
    stream = io.BytesIO()
    tifffile.imwrite(stream, clean.astype(np.uint16) * 200 + 1)
    lost = run("damage", "-", "-o", "-", "--rng", 0, "--missing", 0.5, stdin=stream.getvalue())
    assert lost.exit_code == 0, lost.output
    assert tifffile.imread(io.BytesIO(lost.stdout_bytes)).dtype == np.uint16
    restored = run("restore", "-", stdin=lost.stdout_bytes)
    error = tifffile.imread(io.BytesIO(restored.stdout_bytes)) / 200 - clean
    assert np.abs(error).max() < 40


@pytest.mark.parametrize("given", [("--missing", "1"), ("--missing", "0"), ("--rng", "-1")])
def test_wrong_options(run, picture, tmp_path, given):
    result = run("damage", picture, "-o", tmp_path / "a.png", *given)
    assert result.exit_code == 2
    assert given[0] in result.stderr


def test_bad_input(refused, tmp_path):
    refused(3, "damage", tmp_path / "none.png", "-o", tmp_path / "a.png", says="no such file")
    np.save(tmp_path / "two.npy", np.full((6, 7, 2), 5, np.uint8))
    given = ("-o", tmp_path / "a.npy", "--channel-axis", 2, "--gray")
    refused(3, "damage", tmp_path / "two.npy", *given, says="RGB")
    np.save(tmp_path / "far.npy", np.full((6, 7), 5.0))
    refused(3, "damage", tmp_path / "far.npy", "-o", tmp_path / "a.npy", says="0 to 1")
