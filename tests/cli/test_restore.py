"""``talweg restore``: what it writes, where, and what it says."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from talweg.cli.energy_file import ENERGY_NAMES
from talweg.cli.options import STEP_NAMES
from talweg.cli.restore import METHOD_NAMES
from talweg.energies import ENERGIES
from talweg.images.damage import damage
from talweg.methods import METHODS
from talweg.steps import read_step


def pixels_of(path):
    if path.suffix == ".npy":
        return np.load(path)
    return tifffile.imread(path) if path.suffix == ".tif" else np.asarray(Image.open(path))


def test_the_names_in_the_help_are_those_of_the_engine():
    assert set(ENERGY_NAMES) == {"auto", "fields", *ENERGIES}
    assert set(METHOD_NAMES) == set(METHODS) - {"newton"}  # which is for few unknowns
    assert all(read_step(name) for name in STEP_NAMES)


def test_writes_beside_the_input_and_keeps_known_pixels(run, photo, damaged, clean):
    result = run("restore", photo)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    restored = pixels_of(photo.with_name("photo.restored.png"))
    broken, mask = damaged
    assert restored.dtype == np.uint8
    np.testing.assert_array_equal(restored[~mask], broken[~mask])
    assert peak_signal_noise_ratio(clean, restored) > 35
    report, *_, end = result.stderr.splitlines()
    assert f"auto: {mask.sum()} of 1,280 pixels" in report
    assert "photo.restored.png" in end
    assert "converged" in end
    assert sorted(path.name for path in photo.parent.iterdir()) == [
        "photo.png",
        "photo.restored.png",
    ]


def shades(clean, kind):
    """The clean picture in another type, and the ending of files that hold it."""
    if kind == "16-bit PNG":
        return (clean.astype(np.uint16) * 257 + 3), ".png"
    if kind == "RGB PNG":
        return np.stack([clean, clean // 2 + 40, 255 - clean // 2], axis=-1), ".png"
    if kind == "float TIFF":
        return clean.astype(np.float32) * 7 - 300, ".tif"
    return clean.astype(np.float64) / 255, ".npy"


@pytest.mark.parametrize("kind", ["16-bit PNG", "RGB PNG", "float TIFF", "float64 NPY"])
def test_keeps_type_format_and_known_pixels(run, tmp_path, clean, kind):
    image, suffix = shades(clean, kind)
    source, target = tmp_path / f"a{suffix}", tmp_path / f"a.restored{suffix}"
    mask = np.random.default_rng(0).random(clean.shape) < 0.5
    if image.dtype.kind == "f":
        broken = image.copy()
        broken[mask] = np.nan
    else:
        broken, mask = damage(image, missing=0.5, rng=3, channel_axis=2 if image.ndim > 2 else None)
    if suffix == ".npy":
        np.save(source, broken)
    elif suffix == ".tif":
        tifffile.imwrite(source, broken)
    else:
        Image.fromarray(broken).save(source)
    result = run("restore", source)
    assert result.exit_code == 0, result.output
    restored = pixels_of(target)
    assert restored.dtype == image.dtype
    assert restored[~mask].tobytes() == broken[~mask].tobytes()
    spread = float(image.max()) - float(image.min())
    assert np.abs(restored.astype(float) - image).max() < 0.2 * spread


def test_the_output_can_be_another_format(run, photo, tmp_path, damaged):
    target = tmp_path / "out.tif"
    assert run("restore", photo, "-o", target).exit_code == 0
    broken, mask = damaged
    np.testing.assert_array_equal(tifffile.imread(target)[~mask], broken[~mask])


def test_jpeg_in_gives_png_and_jpeg_out_gives_a_warning(run, tmp_path, clean):
    source, mask = tmp_path / "photo.jpg", tmp_path / "mask.png"
    Image.fromarray(clean).save(source, quality=90)
    lost = np.random.default_rng(0).random(clean.shape) < 0.3
    Image.fromarray(lost.astype(np.uint8) * 255).save(mask)
    result = run("restore", source, "--mask", mask)
    assert result.exit_code == 0, result.output
    assert "Warning" not in result.stderr
    restored = pixels_of(tmp_path / "photo.restored.png")
    np.testing.assert_array_equal(restored[~lost], pixels_of(source)[~lost])
    result = run("restore", source, "--mask", mask, "-q", "-o", tmp_path / "out.jpg")
    assert result.exit_code == 0
    assert "known pixels will change" in result.stderr
    with Image.open(tmp_path / "out.jpg") as image:
        assert image.format == "JPEG"


@pytest.mark.parametrize("mask", [None, "alpha"])
def test_restored_pixels_become_opaque_where_alpha_marked_them(run, tmp_path, clean, mask):
    lost = np.random.default_rng(0).random(clean.shape) < 0.4
    alpha = np.where(lost, 0, 200).astype(np.uint8)
    Image.fromarray(np.stack([clean] * 3 + [alpha], axis=-1)).save(tmp_path / "a.png")
    given = ["--mask", mask] if mask else []
    assert run("restore", tmp_path / "a.png", *given).exit_code == 0
    result = pixels_of(tmp_path / "a.restored.png")[..., 3]
    np.testing.assert_array_equal(result, np.where(lost, 255, 200))


def test_alpha_that_did_not_mark_them_is_kept(run, tmp_path, damaged):
    broken, _ = damaged
    alpha = np.arange(broken.size, dtype=np.uint16).reshape(broken.shape) % 256
    image = np.stack([broken, broken, broken, alpha.astype(np.uint8)], axis=-1)
    Image.fromarray(image).save(tmp_path / "a.png")
    assert run("restore", tmp_path / "a.png", "--mask", "auto").exit_code == 0
    np.testing.assert_array_equal(pixels_of(tmp_path / "a.restored.png")[..., 3], alpha)


@pytest.mark.parametrize("energy", ["membrane", "tv", "rows"])
def test_other_energies(run, photo, tmp_path, clean, energy):
    target = tmp_path / f"{energy}.png"
    result = run("restore", photo, "--energy", energy, "-o", target, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["energy"]["name"] == energy
    assert peak_signal_noise_ratio(clean, pixels_of(target)) > 27


@pytest.mark.parametrize("library", ["numpy", "jax.numpy"])
def test_an_energy_in_a_file(run, photo, tmp_path, clean, library):
    file = tmp_path / "rough.py"
    file.write_text(
        f"import {library} as xp\nfrom beside import weight\nprint('hello')\n"
        "def energy(x):\n"
        "    return weight * (xp.sum(xp.diff(x, axis=0)**2) + xp.sum(xp.diff(x, axis=1)**2))\n"
    )
    (tmp_path / "beside.py").write_text("weight = 2.0\n")
    result = run("restore", photo, "--energy", f"{file}:energy", "--json")
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)  # what the file prints is no data
    assert record["energy"]["name"] == f"{file}:energy"
    run("restore", photo, "--energy", "membrane", "-o", tmp_path / "membrane.png")
    ours = pixels_of(tmp_path / "photo.restored.png").astype(float)
    assert np.abs(ours - pixels_of(tmp_path / "membrane.png")).max() <= 4


def test_method_step_tol_and_start(run, photo, tmp_path):
    given = ["--method", "gradient", "--step", "0.01", "--tol", "0.1", "--start", "image"]
    result = run("restore", photo, *given, "--json", "-v")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["iterations"] > 20
    assert "evaluations" in result.stderr


def test_json_says_all(run, photo, tmp_path, damaged, clean):
    Image.fromarray(clean).save(tmp_path / "clean.png")
    result = run("restore", photo, "--json", "--reference", tmp_path / "clean.png")
    assert result.exit_code == 0
    record = json.loads(result.stdout)
    broken, mask = damaged
    restored = pixels_of(tmp_path / "photo.restored.png")
    assert record["file"] == str(photo)
    assert record["output"] == str(tmp_path / "photo.restored.png")
    assert (record["shape"], record["dtype"]) == ([32, 40], "uint8")
    assert record["missing"] == {"count": mask.sum(), "of": 1280, "share": mask.mean()}
    assert record["mask"]["how"] == "auto"
    assert record["mask"]["report"] in result.stderr
    assert record["converged"] is True
    assert record["iterations"] > 0
    assert record["seconds"] > 0
    for name, image in (("damaged", broken), ("restored", restored)):
        assert record["psnr"][name] == pytest.approx(peak_signal_noise_ratio(clean, image))
        assert record["ssim"][name] == pytest.approx(structural_similarity(clean, image))
        assert f"PSNR {record['psnr'][name]:.2f} dB" in result.stderr


def test_equal_images_have_no_finite_psnr(run, tmp_path):
    flat = np.full((8, 8), 90, np.uint8)
    Image.fromarray(flat).save(tmp_path / "clean.png")
    flat[3, 3] = 0
    Image.fromarray(flat).save(tmp_path / "a.png")
    result = run("restore", tmp_path / "a.png", "--json", "--reference", tmp_path / "clean.png")
    assert json.loads(result.stdout)["psnr"]["restored"] is None


def test_too_few_iterations_give_the_best_result_and_code_4(run, photo, tmp_path):
    result = run("restore", photo, "--max-iter", 1, "-q", "--json")
    assert result.exit_code == 4
    assert "did not converge" in result.stderr
    assert json.loads(result.stdout)["converged"] is False
    assert pixels_of(tmp_path / "photo.restored.png").shape == (32, 40)


def test_quiet_says_only_warnings(run, photo, tmp_path, damaged):
    assert run("restore", photo, "-q").stderr == ""
    broken, _ = damaged
    broken[:20, :20] = 255
    Image.fromarray(broken).save(tmp_path / "sky.png")
    result = run("restore", tmp_path / "sky.png", "-q")
    assert result.exit_code == 0
    assert all(line.startswith("Warning: ") for line in result.stderr.splitlines())
    assert "saturated sky" in result.stderr


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--step", "fast"), ("--step", "-1"), ("--step", "nan"), ("--tol", "0"), ("--tol", "nan"),
        ("--max-iter", "-1"), ("--method", "newton"), ("--channel-axis", "red"),
        ("--start", "noise"), ("--live", "window"), ("--colour", "red"),
    ],
)  # fmt: skip
def test_wrong_options_are_clicks_usage_errors(run, photo, tmp_path, option, value):
    result = run("restore", photo, option, value)
    assert result.exit_code == 2
    assert option in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]


def test_float_image_can_not_be_png(refused, tmp_path, clean):
    image = clean / 255
    image[3:5, 7] = np.nan
    np.save(tmp_path / "a.npy", image)
    says = ("PNG can't hold", "TIFF")
    refused(2, "restore", tmp_path / "a.npy", "-o", tmp_path / "a.png", says=says)


def test_channel_axis(run, tmp_path, clean):
    image = np.stack([clean, clean // 2 + 30])  # two planes, or two channels
    image[:, ::2, ::3] = 255
    np.save(tmp_path / "a.npy", image)
    result = run("restore", tmp_path / "a.npy", "--channel-axis", 0, "--json", "-f")
    record = json.loads(result.stdout)
    assert (record["shape"], record["channel_axis"]) == ([32, 40, 2], 2)
    result = run("restore", tmp_path / "a.npy", "--channel-axis", "none", "--json", "-f")
    record = json.loads(result.stdout)
    assert (record["shape"], record["channel_axis"]) == ([2, 32, 40], None)


def test_noise_is_lessened_where_nothing_is_lost(run, tmp_path, photo):
    result = run("restore", photo, "--noise", "10", "-o", tmp_path / "quiet.png", "--json", "-v")
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert record["noise"] == 10
    assert record["mask"]["how"] == "none"
    assert record["missing"]["count"] == 0
    assert record["energy"]["choice"] == "the known pixels are noisy"
    assert "restored by noisy_fields: the known pixels are noisy" in result.stderr


def test_v_says_which_energy_was_chosen_and_why(run, photo):
    result = run("restore", photo, "-v", "--json")
    assert "restored by thin_plate: 32 x 40 pixels are too few for fields" in result.stderr
    assert json.loads(result.stdout)["energy"]["asked"] == "auto"


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (["--noise", "5", "--energy", "tv"], 2, "noise can't be given with energy='tv'"),
        (["--noise", "0"], 2, "0 is not a positive number"),
        (["--energy", "no.energy"], 3, "--energy no.energy: it can't be read"),
        (["--energy", "field"], 2, "--energy 'field' is unknown: give auto, fields, thin_plate"),
    ],
)
def test_energies_and_noise_that_can_not_be(run, photo, given, code, message):
    result = run("restore", photo, *given)
    assert result.exit_code == code
    assert message in result.stderr
    assert not photo.with_name("photo.restored.png").exists()


def test_a_file_that_holds_no_energy_is_named(run, photo, tmp_path):
    file = tmp_path / "bad.energy"
    file.write_bytes(b"no zip")
    result = run("restore", photo, "--energy", file)
    assert result.exit_code == 3
    assert result.stderr.startswith(f"Error: {file}: not the file of a learned energy")
