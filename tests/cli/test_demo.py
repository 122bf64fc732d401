"""``talweg demo``."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image
from skimage.data import camera
from skimage.metrics import peak_signal_noise_ratio


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_writes_three_pictures_and_tells_how_good_they_are(run, here):
    result = run("demo", "--photo", "camera")
    assert result.exit_code == 0, result.output
    before, after = (
        np.asarray(Image.open(here / "talweg-demo" / name)) for name in ("before.png", "after.png")
    )
    known = (before > 0) & (before < 255)
    assert known.mean() == pytest.approx(0.1, abs=0.01)
    np.testing.assert_array_equal(after[known], camera()[known])
    psnr = peak_signal_noise_ratio(camera(), after)
    assert psnr > 24
    assert f"restored: PSNR {psnr:.2f} dB" in result.stdout
    assert re.search(r"in \d+\.\d\d s", result.stdout)
    assert "talweg-demo/side_by_side.png" in result.stdout
    sheet = np.asarray(Image.open(here / "talweg-demo" / "side_by_side.png"))
    assert sheet.shape[0] > 512
    assert sheet.shape[1] > 3 * 512
    assert (sheet[2:30] < 100).any()  # words


def test_a_second_run_writes_beside_the_first(run, here):
    given = ("demo", "--photo", "coins", "--missing", 0.3)
    assert run(*given).exit_code == 0
    assert run(*given).exit_code == 0
    assert run(*given, "-f").exit_code == 0
    names = sorted(path.name for path in here.iterdir())
    assert names == ["talweg-demo", "talweg-demo-2"]


def test_a_folder_that_was_named_is_overwritten_only_when_asked(run, refused, here):
    (here / "mine").mkdir()
    (here / "mine" / "after.png").touch()
    given = ("demo", "--photo", "coins", "--missing", 0.3, "-o", "mine")
    refused(2, *given, says=("after.png", "-f"))
    assert [path.name for path in (here / "mine").iterdir()] == ["after.png"]
    assert run(*given, "-f", "--no-live").exit_code == 0


@pytest.mark.parametrize("name", ["venus", "../data/coins", "multipage", ""])
def test_unknown_photographs(refused, here, name):
    refused(2, "demo", "--photo", name, says="chelsea")
    assert not list(here.iterdir())
