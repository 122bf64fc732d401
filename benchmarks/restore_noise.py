"""Removing noise where nothing is missing: talweg with ``noise=``, and the established peers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import fmean

import numpy as np

import talweg
from benchmarks.markdown import cell, table
from benchmarks.peers import Picture, to_uint8
from benchmarks.restore_cases import LEARNED, say, workers
from benchmarks.restore_fields import course_sentence
from benchmarks.restore_pictures import judge
from benchmarks.tables import Course
from talweg.images.clipping import Clipping

__all__ = ["DENOISERS", "Denoiser", "denoise_part", "noisy"]

SIGMAS = (10, 25, 50)
COLOR_SIGMAS = (25,)
TV = "chambolle"
TV_UNCLIPPED = "chambolle_unclipped"
GIVEN = "noisy"
NAN = float("nan")

Quality = tuple[float, float]


@dataclass(frozen=True)
class Denoiser:
    """One way to remove noise.

    Attributes
    ----------
    name, label : str
        What ``--only`` calls it, and the table.
    modules : tuple of str
        What must import.
    tries : callable, optional
        ``tries(image, sigma)`` yields 8-bit images; the nearest to the truth is taken, by PSNR.
        None for talweg, which has one try, and whose descent is looked at too.
    """

    name: str
    label: str
    modules: tuple[str, ...]
    tries: Callable[[Picture, float], Iterator[Picture]] | None = None


def noisy(truth: Picture, sigma: float) -> Picture:
    """Add normal noise of `sigma` grey levels, round to 8 bits and clip; the same every time."""
    noise = np.random.default_rng(0).standard_normal(truth.shape)
    return to_uint8(truth + sigma * noise)


def _axis(image: Picture) -> int | None:
    return -1 if image.ndim == 3 else None


def _chambolle(image: Picture, sigma: float) -> Iterator[Picture]:
    """Weights of 0.3 to 2 times the noise, 6 % apart: the best one lies well inside."""
    from skimage.restoration import denoise_tv_chambolle

    for weight in np.geomspace(0.3, 2.0, 33) * sigma / 255:
        smooth = denoise_tv_chambolle(image / 255, weight=weight, channel_axis=_axis(image))
        yield to_uint8(smooth * 255)


def _chambolle_unclipped(image: Picture, sigma: float) -> Iterator[Picture]:
    """Do the same, then undo what clipping did to the noise, as talweg does."""
    channels = np.moveaxis(np.atleast_3d(image), -1, 0).astype(float)
    everywhere = np.ones(image.shape[:2], bool)
    clippings = [Clipping(each, everywhere, (0.0, 255.0), sigma) for each in channels]
    for smooth in _chambolle(image, sigma):
        parts = np.moveaxis(np.atleast_3d(smooth), -1, 0).astype(float)
        undone = [each.undo(part) for each, part in zip(clippings, parts, strict=True)]
        yield to_uint8(np.stack(undone, axis=-1).reshape(image.shape))


def _nl_means(image: Picture, sigma: float) -> Iterator[Picture]:
    from skimage.restoration import denoise_nl_means

    options = {"patch_size": 5, "patch_distance": 6, "fast_mode": True, "sigma": sigma / 255}
    for share in (0.6, 0.8):
        smooth = denoise_nl_means(
            image / 255, h=share * sigma / 255, channel_axis=_axis(image), **options
        )
        yield to_uint8(smooth * 255)


def _wavelet(image: Picture, sigma: float) -> Iterator[Picture]:
    from skimage.restoration import denoise_wavelet

    smooth = denoise_wavelet(
        image / 255,
        sigma=sigma / 255,
        method="BayesShrink",
        convert2ycbcr=image.ndim == 3,
        rescale_sigma=True,
        channel_axis=_axis(image),
    )
    yield to_uint8(smooth * 255)


def _opencv(image: Picture, sigma: float) -> Iterator[Picture]:
    import cv2

    for share in (0.4, 0.6, 0.8, 1.0, 1.2):
        if image.ndim == 2:
            yield cv2.fastNlMeansDenoising(image, None, share * sigma, 7, 21)
        else:
            colored = cv2.fastNlMeansDenoisingColored
            blue_first = np.ascontiguousarray(image[..., ::-1])
            yield colored(blue_first, None, share * sigma, share * sigma, 7, 21)[..., ::-1]


def _bm3d(image: Picture, sigma: float) -> Iterator[Picture]:
    import bm3d

    smooth = (bm3d.bm3d if image.ndim == 2 else bm3d.bm3d_rgb)(image / 255, sigma / 255)
    yield to_uint8(smooth * 255)


DENOISERS: tuple[Denoiser, ...] = (
    Denoiser(LEARNED, "talweg, noise=", ("talweg:restore",)),
    Denoiser(
        TV,
        "scikit-image TV, best weight",
        ("skimage.restoration:denoise_tv_chambolle",),
        _chambolle,
    ),
    Denoiser(
        TV_UNCLIPPED,
        "the same, clipping undone",
        ("skimage.restoration:denoise_tv_chambolle",),
        _chambolle_unclipped,
    ),
    Denoiser(
        "nl_means",
        "scikit-image non-local means",
        ("skimage.restoration:denoise_nl_means",),
        _nl_means,
    ),
    Denoiser("wavelet", "scikit-image wavelets", ("pywt",), _wavelet),
    Denoiser("fast_nl_means", "OpenCV non-local means", ("cv2",), _opencv),
    Denoiser("bm3d", "BM3D", ("bm3d",), _bm3d),
)


def _best(tries: Iterable[Picture], truth: Picture) -> Quality:
    """Return PSNR and SSIM of the try with the best PSNR."""
    return max(judge(truth, image) for image in tries)


def _measure(
    denoisers: Sequence[Denoiser],
    pictures: Mapping[str, Picture],
    sigma: float,
    courses: list[Course],
) -> dict[str, dict[str, Quality]]:
    """Return the quality by denoiser and picture; the peers work side by side, in threads."""
    found: dict[str, dict[str, Quality]] = {GIVEN: {}}
    found |= {denoiser.name: {} for denoiser in denoisers}
    jobs = []
    for name, truth in pictures.items():
        image = noisy(truth, sigma)
        found[GIVEN][name] = judge(truth, image)
        for denoiser in denoisers:
            if denoiser.tries is None:
                restored = talweg.restore(image, noise=sigma, channel_axis=_axis(image))
                courses.append(Course.of(restored))
                found[LEARNED][name] = judge(truth, restored.image)
                say(f"{name}, noise of {sigma}: talweg {found[LEARNED][name][0]:.2f} dB")
            else:
                jobs.append((denoiser, name, denoiser.tries(image, sigma)))
    with ThreadPoolExecutor(workers()) as pool:
        qualities = pool.map(lambda job: _best(job[2], pictures[job[1]]), jobs)
        for (denoiser, name, _), quality in zip(jobs, qualities, strict=True):
            found[denoiser.name][name] = quality
            say(f"{name}, noise of {sigma}: {denoiser.label} {quality[0]:.2f} dB")
    return found


def _summary(
    title: str, labels: Mapping[str, str], by_sigma: Mapping[int, dict[str, dict[str, Quality]]]
) -> str:
    """Lay out the means over the pictures: a row a method, a column a noise."""
    rows = []
    for name, label in labels.items():
        cells = []
        for found in by_sigma.values():
            psnr, ssim = zip(*found[name].values(), strict=True)
            cells.append(f"{fmean(psnr):.2f}, {fmean(ssim):.4f}")
        rows.append([label, *cells])
    return f"### {title}: PSNR in dB, SSIM\n\n" + table(
        ["method", *(f"noise {sigma}" for sigma in by_sigma)], rows
    )


def _by_picture(title: str, labels: Mapping[str, str], found: dict[str, dict[str, Quality]]) -> str:
    """Lay out PSNR picture by picture, and talweg's gain over total variation."""
    over = {rival: _gains(found, rival) for rival in (TV, TV_UNCLIPPED)}
    rows = []
    for name, gain in over[TV].items():
        psnr = [found[method][name][0] for method in labels]
        rows.append([name, *(f"{each:.2f}" for each in psnr), cell(gain, "+.2f")])
    text = f"### {title}: PSNR in dB\n\n"
    text += table(["picture", *labels.values(), "talweg over TV"], rows)
    for rival, word in ((TV, ""), (TV_UNCLIPPED, " and with clipping undone")):
        gains = list(over[rival].values())
        if not np.isnan(gains).any():
            text += f"\nOver TV at its best weight{word}: {min(gains):+.2f} dB at least, "
            text += f"{fmean(gains):+.2f} dB in the mean.\n"
    return text


def _gains(found: dict[str, dict[str, Quality]], rival: str) -> dict[str, float]:
    """Return talweg's PSNR less a rival's, picture by picture; NaN where one wasn't measured."""
    measured = {LEARNED, rival} <= set(found)
    return {
        name: found[LEARNED][name][0] - found[rival][name][0] if measured else NAN
        for name in found[GIVEN]
    }


def denoise_part(
    denoisers: Sequence[Denoiser], gray: Mapping[str, Picture], color: Mapping[str, Picture]
) -> str:
    """Measure and lay out the removal of noise, in gray and at 25 grey levels in colour."""
    labels = {GIVEN: "noisy"} | {denoiser.name: denoiser.label for denoiser in denoisers}
    courses: list[Course] = []
    texts = []
    for kind, pictures, sigmas in (("gray", gray, SIGMAS), ("colour", color, COLOR_SIGMAS)):
        by_sigma = {sigma: _measure(denoisers, pictures, sigma, courses) for sigma in sigmas}
        if len(by_sigma) > 1:
            title = f"Noise, mean over {len(pictures)} pictures in {kind}"
            texts.append(_summary(title, labels, by_sigma))
        texts.append(_by_picture(f"Noise of 25, {kind}", labels, by_sigma[25]))
    texts.append(course_sentence(courses) + "\n")
    return "\n".join(texts)
