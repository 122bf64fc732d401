"""Movies: as many frames as there are steps, and a file that is whole or not there."""

import os
import shutil
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot
from PIL import Image

from talweg import plots


def bowl(x):
    return x[0] ** 2 + 3 * x[1] ** 2


WALK = np.array([[1.8, 1.5], [1.0, -1.0], [0.6, 0.8], [0.3, -0.4], [0.1, 0.2]])


@pytest.fixture
def picture():
    return plots.contours(bowl, (-2.0, 2.0), paths={"walk": WALK}, resolution=21)


def frames_of(path):
    with Image.open(path) as movie:
        frames = []
        for k in range(movie.n_frames):
            movie.seek(k)
            frames.append((np.asarray(movie.convert("RGB")), movie.info["duration"]))
    return frames


def test_a_gif_has_a_frame_for_every_step(tmp_path, picture):
    path = tmp_path / "walk.gif"
    assert plots.animate(path, picture, fps=20, hold=1.0, dpi=50) == 5
    frames = frames_of(path)
    assert len(frames) == 5
    assert [duration for _, duration in frames] == [50, 50, 50, 50, 1050]
    assert len({frame.shape for frame, _ in frames}) == 1
    assert frames[0][0].shape[:2] == (300, 320)  # 6.4 x 6 inches
    np.testing.assert_array_equal(frames[0][0][0, 0], [255, 255, 255])
    assert os.listdir(tmp_path) == ["walk.gif"]


def test_frames_show_the_path_up_to_their_step(tmp_path, picture, line_of):
    plots.animate(tmp_path / "walk.gif", picture, dpi=50)
    np.testing.assert_array_equal(line_of(picture, "walk").get_xydata(), WALK)
    stills = []
    for k in range(5):
        ax = plots.contours(bowl, (-2.0, 2.0), paths={"walk": WALK}, resolution=21, upto=k)
        ax.figure.savefig(tmp_path / "still.png", dpi=50)
        with Image.open(tmp_path / "still.png") as still:
            stills.append(np.asarray(still.convert("RGB"), float))
    for k, (frame, _) in enumerate(frames_of(tmp_path / "walk.gif")):
        assert np.argmin([np.abs(frame - still).mean() for still in stills]) == k


@pytest.mark.parametrize(("most", "count"), [(3, 3), (60, 5)])
def test_long_paths_pass_steps_over(tmp_path, picture, most, count):
    assert plots.animate(tmp_path / "walk.gif", picture, frames=most, dpi=30) == count


def test_every_picture_with_a_path_moves(tmp_path, point):
    bottom = point(np.zeros(2), highest_curvature=6.0)
    pictures = [
        plots.function(np.cos, (-1.0, 4.0), path=[0.5, 1.0, 2.0]),
        plots.surface(bowl, (-2.0, 2.0), paths=WALK[:3], resolution=11),
        plots.landscape_slice(lambda x: np.sum(x**2), WALK[0], path=WALK[:3], resolution=5),
        plots.step_sizes(bowl, [1.0, 1.0], minimum=bottom, iterations=2),
    ]
    for k, picture in enumerate(pictures):
        path = tmp_path / f"{k}.gif"
        assert plots.animate(path, picture, dpi=40) == 3
        assert len(frames_of(path)) == 3


def test_any_figure_can_be_a_movie(tmp_path):
    figure, ax = pyplot.subplots(layout="constrained")
    (line,) = ax.plot([0, 1], [0, 1])
    engine = figure.get_layout_engine()
    steps = iter([0.2, 0.5, 0.9])
    count = plots.movie(tmp_path / "m.gif", figure, lambda y: line.set_ydata([0, y]), steps, dpi=30)
    assert count == 3
    assert len(frames_of(tmp_path / "m.gif")) == 3
    assert figure.get_layout_engine() is engine


def test_users_settings_do_not_change_the_size_of_frames(tmp_path, picture):
    with mpl.rc_context({"savefig.bbox": "tight", "savefig.transparent": True}):
        plots.animate(tmp_path / "walk.gif", picture, dpi=50)
    frame, _ = frames_of(tmp_path / "walk.gif")[0]
    assert frame.shape[:2] == (300, 320)
    np.testing.assert_array_equal(frame[0, 0], [255, 255, 255])


def test_a_file_is_not_written_over_unless_asked(tmp_path, picture):
    path = tmp_path / "walk.gif"
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError, match=r"walk.gif: the file exists"):
        plots.animate(path, picture)
    assert path.read_bytes() == b"mine"
    plots.animate(path, picture, dpi=30, overwrite=True)
    assert len(frames_of(path)) == 5


@pytest.mark.parametrize("there", [False, True])
def test_a_movie_that_breaks_off_leaves_nothing(tmp_path, there):
    path = tmp_path / "m.gif"
    if there:
        path.write_bytes(b"mine")
    figure, _ = pyplot.subplots()

    def update(k):
        if k == 2:
            raise KeyError("no third frame")

    with pytest.raises(KeyError, match="no third frame"):
        plots.movie(path, figure, update, 5, overwrite=True, dpi=30)
    assert os.listdir(tmp_path) == (["m.gif"] if there else [])
    assert not there or path.read_bytes() == b"mine"


def test_a_path_stands_whole_again_after_trouble(tmp_path, picture, line_of):
    with pytest.raises(OSError, match="nowhere"):
        plots.animate(tmp_path / "nowhere" / "walk.gif", picture)
    np.testing.assert_array_equal(line_of(picture, "walk").get_xydata(), WALK)


def test_without_ffmpeg_an_mp4_is_refused_before_anything_is_drawn(tmp_path, picture):
    with (
        mpl.rc_context({"animation.ffmpeg_path": str(tmp_path / "no such program")}),
        pytest.raises(RuntimeError, match=r"an MP4 needs ffmpeg.*end the name in .gif"),
    ):
        plots.animate(tmp_path / "walk.mp4", picture)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_an_mp4_is_written(tmp_path, picture):
    size = tuple(picture.figure.get_size_inches())
    assert plots.animate(tmp_path / "walk.mp4", picture, dpi=51) == 5
    assert Path(tmp_path, "walk.mp4").read_bytes()[4:8] == b"ftyp"
    assert tuple(picture.figure.get_size_inches()) == size
    assert os.listdir(tmp_path) == ["walk.mp4"]


@pytest.mark.parametrize(
    ("name", "more", "error", "match"),
    [
        ("walk.avi", {}, ValueError, r"end the name in .gif or .mp4"),
        ("walk.gif", {"fps": 0}, ValueError, "fps=0"),
        ("walk.gif", {"fps": np.nan}, ValueError, "fps=nan"),
        ("walk.gif", {"dpi": -1}, ValueError, "dpi=-1"),
        ("walk.gif", {"hold": -1}, ValueError, "hold=-1"),
        ("walk.gif", {"frames": 1}, ValueError, "frames=1"),
        ("walk.gif", {"frames": 2.5}, TypeError, "frames must be a whole number"),
    ],
)
def test_bad_arguments_are_refused(tmp_path, picture, name, more, error, match):
    with pytest.raises(error, match=match):
        plots.animate(tmp_path / name, picture, **more)
    assert os.listdir(tmp_path) == []


def test_there_must_be_something_that_moves(tmp_path):
    still = plots.contours(bowl, (-2.0, 2.0), resolution=5)
    with pytest.raises(ValueError, match="no path in this picture"):
        plots.animate(tmp_path / "still.gif", still)
    with pytest.raises(ValueError, match="no frame"):
        plots.movie(tmp_path / "still.gif", still.figure, print, [])
    with pytest.raises(TypeError, match="picture must be axes or a figure, not int"):
        plots.animate(tmp_path / "still.gif", 3)
    with pytest.raises(TypeError, match="figure must be a matplotlib figure"):
        plots.movie(tmp_path / "still.gif", still, print, 3)
    assert os.listdir(tmp_path) == []
