"""What can't be restored is named in one line."""

import jax.numpy as jnp
import numpy as np
import pytest
from tests.images.pictures import QUARTER, SHAPE, picture

import talweg


def bad(match, image=None, mask=QUARTER, error=talweg.ImageError, **options):
    return pytest.param(image, mask, options, error, match, id=match)


def raises(image):
    raise KeyError("no such thing")


NAN = picture()
NAN[np.nonzero(~QUARTER)[0][0], np.nonzero(~QUARTER)[1][0]] = np.nan


@pytest.mark.parametrize(
    ("image", "mask", "options", "error", "match"),
    [
        bad("every pixel is missing", mask=np.ones(SHAPE, bool)),
        bad("no pixel is missing", mask=np.zeros(SHAPE, bool)),
        bad("shape", mask=np.ones((3, 3), bool)),
        bad("give booleans", mask=QUARTER.astype(int)),
        bad("is nan", image=NAN),
        bad("every pixel", image=np.full(SHAPE, np.nan), mask=None),
        bad("complex", image=picture().astype(complex)),
        bad("bool", image=picture() > 0.5),
        bad("empty", image=np.zeros((0, 3)), mask=np.zeros((0, 3), bool)),
        bad("needs an axis", image=np.float64(1.0), mask=np.bool_(True)),
        bad("nothing to restore", image=np.ones((1, 1)), mask=np.zeros((1, 1), bool)),
        bad("channel_axis", channel_axis=5),
        bad("thin_plate, membrane, tv, rows", energy="cubic", error=ValueError),
        bad("energy must be", energy=3, error=TypeError),
        bad("tol", tol=0.0, error=ValueError),
        bad("tol", tol=float("nan"), error=ValueError),
        bad("max_iter", max_iter=-1, error=ValueError),
        bad("callback", callback=3, error=TypeError),
        bad("start", start="black", error=ValueError),
        bad("start has the shape", start=np.zeros((2, 2))),
        bad("start is not finite", start=np.full(SHAPE, np.nan)),
        bad("lbfgs", method="simplex", error=ValueError),
        bad("no such thing", energy=raises, error=KeyError),
        bad("shape", energy=lambda x: x[0] ** 2, error=ValueError),
        bad("nan", energy=lambda x: jnp.sum(x) * jnp.nan, error=ValueError),
        bad("NoneType", energy=lambda x: None, error=ValueError),
        bad("differentiated", energy=lambda x: np.median(np.asarray(x)), error=TypeError),
    ],
)
def test_bad_input_is_named(image, mask, options, error, match):
    with pytest.raises(error, match=match) as caught:
        talweg.restore(picture() if image is None else image, mask, **options)
    assert "\n" not in str(caught.value)


def test_a_channel_without_a_known_pixel_is_named():
    image = np.stack([picture()] * 2, axis=-1)
    mask = np.zeros(image.shape, bool)
    mask[..., 1] = True
    with pytest.raises(talweg.ImageError, match="channel 1"):
        talweg.restore(image, mask, channel_axis=-1)
