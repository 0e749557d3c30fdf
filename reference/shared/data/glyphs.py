"""Images of printed characters, drawn from the fonts that come with matplotlib."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# Only text faces: matplotlib's other font files contain mathematical symbols.
FACES = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSansMono-Bold",
    "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralBol",
    "STIXGeneralItalic", "cmr10", "cmss10", "cmtt10",
)  # fmt: skip
DIGITS = "0123456789"
LARGEST_ANGLE = 15.0  # degrees: a 6 stays a 6
NOISE = 12.0  # standard deviation, in grey levels of 255


def draw_glyphs(
    count: int, *, characters: str = DIGITS, size: int = 28, shift: int = 2, seed: int = 0, stream: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw `count` images of random `characters`, each in a random face, size, angle and position, with noise.

    `shift` is the largest distance (pixels) of a character from the centre; larger is harder to classify.
    Returns images uint8 (count, size, size), white on black, and labels int64 (count,), the index in
    `characters`. Image i depends only on (seed, stream, i): fewer images are the first ones of more, and each
    rank can draw its own share. Cost: about 0.5 ms per image.

    Raises ValueError if `characters` is empty or has duplicates, `size` is under 8 or `shift` negative.
    """
    if not characters or len(set(characters)) != len(characters):
        raise ValueError(f"characters: expected at least one character and no duplicates, got {characters!r}")
    if size < 8 or shift < 0:
        raise ValueError(f"expected size >= 8 and shift >= 0 (pixels), got size={size}, shift={shift}")
    images = np.zeros((count, size, size), np.uint8)
    labels = np.zeros(count, np.int64)
    for i in range(count):
        rng = np.random.default_rng([seed, stream, i])
        labels[i] = rng.integers(len(characters))
        images[i] = _draw(characters[labels[i]], size, shift, rng)
    return images, labels


def _draw(character: str, size: int, shift: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    face = _face(FACES[rng.integers(len(FACES))])
    points = size * rng.uniform(0.55, 0.8)
    angle = rng.uniform(-LARGEST_ANGLE, LARGEST_ANGLE)
    face.set_size(points, 72)  # at 72 dots an inch a point is a pixel
    face.set_text(character, angle)
    face.draw_glyphs_to_bitmap(antialiased=True)
    ink = np.asarray(face.get_image(), np.float32)
    ink = ink[np.ix_(ink.any(1), ink.any(0))][:size, :size]  # crop to the ink, then to the canvas
    height, width = ink.shape
    top, left = (
        int(np.clip((size - ink_size) // 2 + rng.integers(-shift, shift + 1), 0, size - ink_size))
        for ink_size in ink.shape
    )
    canvas = rng.normal(0.0, NOISE, (size, size)).astype(np.float32)
    canvas[top : top + height, left : left + width] += ink
    return canvas.clip(0, 255).astype(np.uint8)


@cache
def _face(name: str):
    import matplotlib
    from matplotlib.ft2font import FT2Font

    return FT2Font(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"))
