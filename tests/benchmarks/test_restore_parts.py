"""The benchmark of restoring: its masks, noise and pictures, and what it says of the figures."""

from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks import restore, restore_noise, restore_pictures
from benchmarks.peers import METHODS
from benchmarks.restore_cases import Case, measure_quality
from benchmarks.restore_fields import course_table, gain_table
from benchmarks.restore_structures import STRUCTURES, structure
from benchmarks.tables import Course, Record, quality_table

SHAPE = (90, 131)  # multiples of nothing


def method(name):
    return next(each for each in METHODS if each.name == name)


def records(ours, theirs, course=None):
    return [
        Record(method("fields"), psnr=ours[0], ssim=ours[1], course=course),
        Record(method("thin_plate"), psnr=theirs[0], ssim=theirs[1]),
    ]


@pytest.mark.parametrize("kind", STRUCTURES)
def test_a_structure_is_the_same_every_time_and_leaves_something(kind):
    mask = structure(kind, SHAPE)
    assert mask.shape == SHAPE
    assert mask.dtype == bool
    assert 0.02 < mask.mean() < 0.9
    np.testing.assert_array_equal(mask, structure(kind, SHAPE))


def test_blocks_are_lost_whole():
    mask = structure("blocks of 8x8", (64, 96))
    blocks = mask.reshape(8, 8, 12, 8).swapaxes(1, 2).reshape(96, 64)
    assert set(blocks.sum(axis=1)) == {0, 64}


def test_the_lattice_keeps_the_middle_of_nine_and_the_rows_every_second_one():
    kept = np.argwhere(~structure("lattice, 1 in 9 kept", SHAPE))
    assert len(kept) == 30 * 44
    assert (kept % 3 == 1).all()
    lost = structure("every second row", SHAPE)
    assert not lost[::2].any()
    assert lost[1::2].all()


def test_noise_has_its_size_and_is_clipped_to_8_bits():
    gray = np.full((200, 200), 128, np.uint8)
    image = restore_noise.noisy(gray, 25)
    assert image.dtype == np.uint8
    assert image.std() == pytest.approx(25, rel=0.02)
    assert image.mean() == pytest.approx(128, abs=0.5)
    assert (restore_noise.noisy(np.zeros((50, 50), np.uint8), 25) == 0).mean() > 0.4


@pytest.mark.parametrize("shape", [(60, 60), (60, 60, 3)])
def test_total_variation_is_given_the_same_correction_of_clipped_noise(shape):
    rivals = {each.name: each.tries for each in restore_noise.DENOISERS}
    image = restore_noise.noisy(np.full(shape, 8, np.uint8), 25)
    as_it_is = [each.mean() for each in rivals[restore_noise.TV](image, 25)]
    undone = [each.mean() for each in rivals[restore_noise.TV_UNCLIPPED](image, 25)]
    assert min(as_it_is) > 13.0
    assert undone[-1] == pytest.approx(8.0, abs=1.5)


def test_pictures_in_gray_and_in_colour(tmp_path):
    gray = restore.flat(restore_pictures.picture_groups(None, None, 32))
    color = restore.flat(restore_pictures.picture_groups(None, None, 32, color=True))
    assert list(gray) == ["camera", "astronaut", "coffee", "chelsea", "rocket"]
    assert list(color) == ["astronaut", "coffee", "chelsea", "rocket"]
    assert {image.shape for image in gray.values()} == {(32, 32)}
    assert {image.shape for image in color.values()} == {(32, 32, 3)}
    with pytest.raises(SystemExit, match=r"no kodim05\.png there"):
        restore_pictures.picture_groups(None, tmp_path, None)


def test_a_pixel_is_lost_in_all_its_channels():
    truth = np.random.default_rng(1).integers(60, 200, (40, 30, 3)).astype(np.uint8)
    case = restore.scattered("noise", truth, 0.7)
    assert case.mask.shape == (40, 30)
    assert case.mask.mean() == pytest.approx(0.7, abs=0.07)
    np.testing.assert_array_equal((case.damaged != truth).all(axis=-1), case.mask)
    assert set(case.damaged[case.mask].ravel()) == {0, 255}


@pytest.mark.parametrize("name", ["telea", "ns", "linear", "fsr", "biharmonic"])
@pytest.mark.parametrize("shape", [(21, 30), (21, 30, 3)])
def test_peers_restore_gray_and_colour_and_keep_what_is_known(name, shape):
    if name in ("telea", "ns", "fsr"):
        pytest.importorskip("cv2")
    rows, columns = np.mgrid[:21, :30]
    truth = (40 + 3 * rows + 4 * columns).astype(np.uint8)
    if len(shape) == 3:
        truth = np.stack([truth, 255 - truth, np.full_like(truth, 90)], axis=-1)
    mask = np.random.default_rng(0).random(shape[:2]) < 0.4
    damaged = truth.copy()
    damaged[mask] = 0
    restored = method(name).run(damaged, mask)
    assert restored.shape == shape
    np.testing.assert_array_equal(restored[~mask], truth[~mask])
    # A plane: whoever confuses channels or their order is off by dozens of grey levels.
    assert np.abs(restored.astype(float) - truth)[mask].mean() < 4


def test_what_fails_and_what_is_left_out_has_no_figures(capsys):
    truth = np.random.default_rng(0).integers(50, 60, (8, 8)).astype(np.uint8)
    case = Case("rough", "13%", truth, truth, np.eye(8, dtype=bool))
    methods = [method("linear"), method("ns")]
    found = measure_quality(methods, [case], lambda each, _: each.name == "ns")
    assert 30 < found[0][0].psnr < 60  # eight pixels in 64, off by at most ten grey levels
    assert np.isnan(found[0][1].psnr)
    broken = Case("rough", "all", truth, truth, np.ones((8, 8), bool))  # nothing is known
    assert measure_quality(methods[:1], [broken], restore.nothing)[0][0].failed
    assert "SciPy griddata linear: failed:" in capsys.readouterr().err


def test_gains_are_differences_and_the_least_and_the_mean_of_them():
    measured = [records((30.0, 0.9), (28.0, 0.8)), records((25.0, 0.70), (25.5, 0.71))]
    text = gain_table("gains", ["a", "b"], {"50%": measured}, "thin_plate")
    assert "| a | +2.00, +0.1000 |" in text
    assert "| b | -0.50, -0.0100 |" in text
    assert "| **least** | -0.50, -0.0100 |" in text
    assert "| **mean** | +0.75, +0.0450 |" in text
    assert "Not better in PSNR in 1 of 2: b at 50%." in text
    better = gain_table("gains", ["a"], {"50%": measured[:1]}, "thin_plate")
    assert "Better in PSNR in all 1. Better in SSIM in all 1." in better
    assert gain_table("gains", ["a", "b"], {"50%": measured}, "fsr") == ""


def test_a_course_counts_the_steps_up_of_all_channels():
    traces = [SimpleNamespace(fun=np.array(fun)) for fun in ([9.0, 7, 8, 5], [4.0, 3, 2, 3])]
    course = Course.of(SimpleNamespace(traces=traces))
    assert course == Course(start=13.0, end=8.0, steps=6, ups=2)
    rose = Course(start=1.0, end=2.0, steps=6, ups=6)
    measured = [records((30, 0.9), (28, 0.8), course), records((30, 0.9), (28, 0.8), rose)]
    text = course_table("fields", ["a", "b"], {"50%": measured})
    assert "| a | 13, 8, 2 of 6 |" in text
    assert "in 1 of 2 runs; 8 of their 12 steps went up." in text


def test_a_method_that_missed_a_picture_has_a_dash_and_one_that_missed_all_no_row():
    pictures = {"a": np.zeros((4, 4), np.uint8), "b": np.zeros((4, 4), np.uint8)}
    nan = (np.nan, np.nan)
    some = quality_table(
        "two", pictures, {"50%": [records((30, 0.9), (20, 0.5)), records((32, 0.8), nan)],
                          "80%": [records((28, 0.7), (20, 0.5)), records((28, 0.7), (22, 0.7))]}
    )  # fmt: skip
    assert "| talweg fields | 31.00, 0.8500 | 28.00, 0.7000 |" in some
    assert "| talweg thin_plate | - | 21.00, 0.6000 |" in some
    assert "thin_plate" not in quality_table("none", pictures, {"50%": [records((30, 0.9), nan)]})
