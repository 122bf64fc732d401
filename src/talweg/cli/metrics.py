"""How near a restored image is to a clean one."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from talweg.errors import ImageError

if TYPE_CHECKING:
    from talweg.images.picture import Picture

__all__ = ["Quality", "compare", "read_reference"]

WINDOW = 7  # the usual side of the windows that SSIM compares


@dataclasses.dataclass(frozen=True)
class Quality:
    """PSNR in decibels and SSIM; None where it can't be told.

    PSNR is infinite between equal images, and JSON has no infinity; values that aren't finite
    compare with nothing; and SSIM needs three pixels in every direction.
    """

    psnr: float | None
    ssim: float | None

    def __str__(self) -> str:
        """Write both, or say that they can't be told."""
        psnr = "-" if self.psnr is None else f"{self.psnr:.2f}"
        ssim = "-" if self.ssim is None else f"{self.ssim:.4f}"
        return f"PSNR {psnr} dB, SSIM {ssim}"


def read_reference(path: str, picture: Picture, channel_axis: Any) -> NDArray[Any]:
    """Read the clean image that a damaged one is compared with.

    Raises
    ------
    ImageError
        If it can't be read, or isn't of the damaged image's shape and type, or isn't finite.
    """
    from talweg.images.read import read

    clean = read(path, channel_axis=channel_axis)
    if clean.pixels.shape != picture.pixels.shape or clean.pixels.dtype != picture.pixels.dtype:
        raise ImageError(
            f"{path}: the reference is {clean.describe()}, but {picture.name} is "
            f"{picture.describe()}; give the clean image of the same size and type"
        )
    if not np.isfinite(clean.pixels).all():
        raise ImageError(f"{path}: the reference isn't finite everywhere; give the clean image")
    return clean.pixels


def compare(clean: NDArray[Any], other: NDArray[Any], channel_axis: int | None) -> Quality:
    """Compare an image with the clean one, with scikit-image's metrics.

    The data range is the type's; for floats 1 if the clean image lies in [0, 1], else its own.
    """
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    if not np.isfinite(other).all():
        return Quality(None, None)
    reach = _data_range(clean)
    psnr_of: Any = peak_signal_noise_ratio  # scikit-image has no types
    ssim_of: Any = structural_similarity
    with np.errstate(divide="ignore"):
        psnr = float(psnr_of(clean, other, data_range=reach))
    shape = clean.shape if channel_axis is None else clean.shape[:-1]
    window = min(WINDOW, (min(shape) - 1) // 2 * 2 + 1)  # odd, and no longer than a side
    ssim = None
    if window >= 3:
        ssim = float(
            ssim_of(clean, other, data_range=reach, channel_axis=channel_axis, win_size=window)
        )
    return Quality(psnr if np.isfinite(psnr) else None, ssim)


def _data_range(clean: NDArray[Any]) -> float:
    if clean.dtype.kind in "iu":
        limits = np.iinfo(clean.dtype)
        return float(limits.max) - float(limits.min)
    low, high = float(clean.min()), float(clean.max())
    return 1.0 if (low >= 0.0 and high <= 1.0) or low == high else high - low
