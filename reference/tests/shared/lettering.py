"""How well the letters of a picture can be read: their size on a slide, and whether they cover each other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from matplotlib.text import Text

from reference.shared.plots.style import Picture, slide_pixels

SLACK = 2.0  # pixels of the figure by which two boxes may overlap: their margins, not their letters


@dataclass(frozen=True)
class Lettering:
    """The letters of one picture."""

    smallest: float  # pixels on the slide, for a picture that was drawn `on_slide`
    covered: list[tuple[str, str]]  # pairs of texts whose boxes overlap
    sticks_out: list[str]  # texts that reach over an edge of the picture


def lettering(picture: Picture) -> Lettering:
    """Draw the picture once and look at its texts.

    Slanted texts have boxes that are too large, so they cannot be said to cover anything.
    """
    picture.figure.draw_without_rendering()
    texts, edge = _texts(picture), picture.figure.bbox
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    straight = [box for box, text in zip(boxes, texts, strict=True) if text.get_rotation() % 90 == 0]
    return Lettering(
        smallest=min(slide_pixels(float(text.get_fontsize()) / 72) for text in texts),
        covered=[
            (one, other)
            for (one, a), (other, b) in combinations(straight, 2)
            if min(a.x1, b.x1) - max(a.x0, b.x0) > SLACK and min(a.y1, b.y1) - max(a.y0, b.y0) > SLACK
        ],
        sticks_out=[
            text
            for text, box in boxes
            if box.x0 < -1 or box.y0 < -1 or box.x1 > edge.x1 + 1 or box.y1 > edge.y1 + 1
        ],
    )


def _texts(picture: Picture) -> list[Text]:
    """Every text that the picture shows: titles, labels, notes, legends, and the ticks within the axes."""
    figure = picture.figure
    found = [*figure.texts, *(text for legend in figure.legends for text in legend.findobj(Text))]
    for axes in figure.axes:
        found += axes.texts
        if not axes.axison:
            continue
        found += [axes.title, getattr(axes, "_left_title")]  # noqa: B009
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            found.append(axis.label)
            # An axis that shares its labels with another one has none.
            for place, label in zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=False):
                if low <= place <= high:
                    found.append(label)
    return [text for text in found if text.get_visible() and text.get_text().strip()]
