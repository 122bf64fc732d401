"""The pictures of ``benchmarks.restore``, in gray and in colour, and how they are judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from benchmarks.peers import Picture

__all__ = ["CAMERA", "KODAK", "SAMPLES", "judge", "kodak_pictures", "picture_groups", "sample"]

CAMERA = "camera"
SAMPLES = ("astronaut", "coffee", "chelsea", "rocket")
KODAK = ("kodim05", "kodim23")  # the two that no energy was trained on
SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"}


def sample(name: str) -> Picture:
    """Return one of scikit-image's photographs, (M, N) or (M, N, 3)."""
    from skimage import data

    picture: Picture = getattr(data, name)()
    return picture


def kodak_pictures(folder: Path) -> dict[str, Picture]:
    """Return the two Kodak pictures that are kept for measuring, in colour."""
    pictures = {}
    for name in KODAK:
        path = folder / f"{name}.png"
        if not path.is_file():
            wanted = " and ".join(f"{each}.png" for each in KODAK)
            raise SystemExit(f"--kodak {folder}: no {path.name} there; it must hold {wanted}")
        pictures[name] = _read(path)
    return pictures


def picture_groups(
    folder: Path | None, kodak: Path | None, size: int | None, *, color: bool = False
) -> dict[str, dict[str, Picture]]:
    """Return the pictures by group: the camera man, the folder or the samples, Kodak's two.

    In colour there is no camera man: that picture is gray.
    """
    groups = {} if color else {CAMERA: {CAMERA: sample(CAMERA)}}
    if folder is None:
        groups[", ".join(SAMPLES)] = {name: sample(name) for name in SAMPLES}
    else:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
        if not paths:
            raise SystemExit(f"{folder}: no image here; looked for {', '.join(sorted(SUFFIXES))}")
        groups[f"{folder.name}, {len(paths)} images"] = {path.name: _read(path) for path in paths}
    if kodak is not None:
        groups[", ".join(KODAK)] = kodak_pictures(kodak)
    return {
        group: {name: _prepared(picture, size, color) for name, picture in pictures.items()}
        for group, pictures in groups.items()
    }


def _read(path: Path) -> Picture:
    from PIL import Image

    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB"))


def _prepared(picture: Picture, size: int | None, color: bool) -> Picture:
    """Return the picture as 8-bit gray or colour, cut to its middle `size` by `size` pixels."""
    from skimage.color import rgb2gray

    if picture.ndim == 3 and not color:
        picture = np.rint(rgb2gray(picture[..., :3]) * 255).astype(np.uint8)
    if size is not None:
        top, left = (max(0, (side - size) // 2) for side in picture.shape[:2])
        picture = picture[top : top + size, left : left + size]
    return np.ascontiguousarray(picture[..., :3] if color else picture)


def judge(truth: Picture, restored: Picture) -> tuple[float, float]:
    """Return the PSNR in dB, over all channels, and the SSIM, their mean, of an 8-bit image."""
    axis = -1 if truth.ndim == 3 else None
    return (
        float(peak_signal_noise_ratio(truth, restored, data_range=255)),
        float(structural_similarity(truth, restored, data_range=255, channel_axis=axis)),
    )
