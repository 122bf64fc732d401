"""The live view, the movie, the progress lines and the bar."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from talweg.cli import watching
from talweg.cli.live import LiveView, half_blocks, sparkline
from talweg.cli.movie import MOST_FRAMES, Movie
from talweg.cli.progress import Bar, Lines, describe
from talweg.cli.report import Reporter
from talweg.cli.shrink import Viewer
from talweg.images.restore import Progress

GRAY = Viewer(None, 0.0, 255.0)


def at(iteration, image=None, *, step=1.0, seconds=0.0, channel=0, channels=1):
    return Progress(channel, channels, iteration, None, 100.0, step, seconds, lambda: image)


def frames_of(path):
    with Image.open(path) as movie:
        frames = []
        for place in range(movie.n_frames):
            movie.seek(place)
            frames.append((np.asarray(movie.convert("L")), movie.info["duration"]))
        return frames


@pytest.mark.parametrize("suffix", [".gif", ".png"])
def test_a_movie_goes_from_the_damaged_to_the_restored_image(run, photo, tmp_path, damaged, suffix):
    movie = tmp_path / f"descent{suffix}"
    result = run("restore", photo, "--movie", movie, "--start", "image")
    assert result.exit_code == 0, result.output
    frames = frames_of(movie)
    assert 3 <= len(frames) <= MOST_FRAMES
    restored = np.asarray(Image.open(tmp_path / "photo.restored.png"))
    np.testing.assert_array_equal(frames[0][0], damaged[0])
    np.testing.assert_array_equal(frames[-1][0], restored)
    assert frames[-1][1] >= 1000


def test_a_movie_of_a_colour_image(run, tmp_path, clean):
    image = np.stack([clean, clean // 2, 255 - clean], axis=-1)
    image[::2, ::2] = 255
    Image.fromarray(image).save(tmp_path / "a.png")
    assert run("restore", tmp_path / "a.png", "--movie", tmp_path / "m.gif").exit_code == 0
    with Image.open(tmp_path / "m.gif") as movie:
        movie.seek(movie.n_frames - 1)
        last = np.asarray(movie.convert("RGB")).astype(float)
    restored = np.asarray(Image.open(tmp_path / "a.restored.png"))
    assert np.abs(last - restored).mean() < 8  # of 254 colours


def test_a_movie_of_a_16_bit_image(run, tmp_path, clean):
    deep = clean.astype(np.uint16) * 16
    deep[::2, ::2] = 65535
    Image.fromarray(deep).save(tmp_path / "a.png")
    given = ("--mask", "65535", "--movie", tmp_path / "m.png")
    assert run("restore", tmp_path / "a.png", *given).exit_code == 0
    known = clean[1::2, 1::2].astype(float)
    last = frames_of(tmp_path / "m.png")[-1][0][1::2, 1::2]
    low, high = clean.min(), clean.max()
    np.testing.assert_allclose(last, (known - low) / (high - low) * 255, atol=3)


def test_a_movie_is_overwritten_only_when_asked(run, refused, photo, tmp_path):
    movie = tmp_path / "a.gif"
    movie.touch()
    refused(2, "restore", photo, "--movie", movie, says=("a.gif", "-f"))
    assert not (tmp_path / "photo.restored.png").exists()
    assert run("restore", photo, "--movie", movie, "-f").exit_code == 0
    assert len(frames_of(movie)) >= 2


def test_a_movie_has_bounded_frames_of_bounded_size(tmp_path):
    movie = Movie(GRAY, np.zeros((1300, 900), np.uint8))
    for k in range(200):
        movie.show(at(k, np.full((1300, 900), 10 + k, np.uint8)))
        assert len(movie._frames) <= MOST_FRAMES - 2
    movie.write(str(tmp_path / "a.png"), np.full((1300, 900), 255, np.uint8), False)
    frames = frames_of(tmp_path / "a.png")
    assert MOST_FRAMES // 2 <= len(frames) <= MOST_FRAMES
    assert frames[0][0].shape == (512, 354)


def test_the_viewer_shows_any_image_at_8_bits():
    deep = np.linspace(1000, 3000, 600, dtype=np.uint16).reshape(20, 30)
    deep[3, 3] = 65535  # lost
    viewer = Viewer.of(deep, deep == 65535, None)
    shown = np.asarray(viewer.picture(deep, 100, 100))
    assert shown.shape == (20, 30, 3)
    assert (shown.min(), shown.max()) == (0, 255)
    volume = np.stack([deep, deep * 0, deep]).astype(np.float32)
    volume[1, 0, 0] = np.nan
    viewer = Viewer.of(volume, np.isnan(volume), None)
    assert viewer.picture(volume, 15, 100).size == (15, 10)
    rgb = np.zeros((400, 300, 3), np.uint8)
    rgb[..., 1] = 200
    shown = np.asarray(Viewer.of(rgb, np.zeros((400, 300), bool), 2).picture(rgb, 60, 60))
    assert shown.shape == (60, 45, 3)
    assert (shown == [0, 200, 0]).all()


def test_half_blocks_show_two_pixels_in_a_cell():
    picture = Image.new("RGB", (1, 3))
    for row, colour in enumerate([(252, 0, 0), (0, 252, 0), (0, 0, 252)]):
        picture.putpixel((0, row), colour)
    screen = io.StringIO()
    Console(file=screen, force_terminal=True, color_system="truecolor").print(half_blocks(picture))
    first, second = screen.getvalue().splitlines()[:2]
    assert first == "\x1b[38;2;252;0;0;48;2;0;252;0m▀\x1b[0m"
    assert second == "\x1b[38;2;0;0;252m▀\x1b[0m"


def test_the_live_view_fits_the_terminal_and_leaves_the_end_standing():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=50, height=20)
    view = LiveView("some/photo.png", GRAY, 0.1, console)
    image = np.tile(np.arange(256, dtype=np.uint8), (300, 1))
    for k in range(5):
        view.show(at(k, image, step=0.5, channel=1, channels=3))
    view.finish(image)
    view.close()
    assert "photo.png · channel 2 of 3 · iteration 4" in screen.getvalue()
    assert "some/" not in screen.getvalue()
    assert "step 0.5 grey levels (ends at 0.1)" in screen.getvalue()
    last = screen.getvalue().split("\x1b[2K")[-1]
    assert last.count("▀") == 16 * 27  # 300 x 256 in 20 - 4 lines


def test_a_sparkline_is_no_wider_than_asked():
    assert sparkline([3.0], 8) == "▁"
    assert len(sparkline(list(range(100)), 8)) == 8
    assert sparkline([-1.0, 1.0], 8) == "▁█"
    assert sparkline([], 8) == ""


def test_a_line_a_second(capsys):
    lines = Lines("photo.png", Reporter())
    for tenth in range(35):
        lines.show(at(tenth, seconds=tenth / 10))
    lines.close()
    said = capsys.readouterr().err.splitlines()
    assert [re.search(r"iteration (\d+)", line).group(1) for line in said] == ["10", "20", "30"]


def test_progress_names_the_channel_where_there_are_several():
    assert describe(at(7)) == "iteration 7, energy 100, step 1 grey levels, 0.0 s"
    assert describe(at(7, channel=1, channels=3)).startswith("channel 2 of 3, ")


def test_the_bar_shows_only_after_a_while_and_never_goes_back(monkeypatch):
    bar = Bar("photo.png", tol=0.1)
    bar.show(at(1, step=10.0))
    assert bar._bar is None
    shares = [bar._course.of(at(k, step=step)) for k, step in enumerate([10, 1, 5, 0.1])]
    assert shares == pytest.approx([0, 0.5, 0.5, 1])
    assert bar._course.of(at(9, step=10, channel=1, channels=4)) == 1
    bar.show(at(9, seconds=1.0))
    assert bar._bar is not None
    bar.close()
    assert bar._bar is None


@pytest.mark.parametrize("live", [True, False])
def test_a_terminal_gets_the_live_view_or_the_bar(run, photo, monkeypatch, live):
    monkeypatch.setattr(watching, "is_terminal", lambda: True)
    seen = []
    watch = watching.watch

    def noted(*given):
        watchers = watch(*given)
        seen.extend(type(one).__name__ for one in watchers.watching)
        return watchers

    monkeypatch.setattr("talweg.cli.restoring.watch", noted)
    result = run("restore", photo, *(["--live", "terminal"] if live else []))
    assert result.exit_code == 0, result.output
    assert seen == ["LiveView" if live else "Bar"]


def test_live_without_a_terminal_is_lines(run, photo):
    result = run("restore", photo, "--live", "terminal")
    assert result.exit_code == 0
    assert "\x1b" not in result.stderr
