"""How well the letters of a picture can be read: their size on a slide, and whether they cover each other."""

from __future__ import annotations

from itertools import combinations

from matplotlib.text import Text

from reference.shared.plots.style import Picture, slide_pixels

SLACK = 2.0  # pixels of the figure by which two boxes may overlap: their margins, not their letters


def texts(picture: Picture) -> list[Text]:
    """Every text that the picture shows: titles, labels, notes, legends, and the ticks within the axes."""
    figure = picture.figure
    figure.draw_without_rendering()
    found = [*figure.texts, *(text for legend in figure.legends for text in legend.findobj(Text))]
    for axes in figure.axes:
        found += [*axes.texts, axes.title, getattr(axes, "_left_title")]  # noqa: B009
        if not axes.axison:
            continue
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            found.append(axis.label)
            for place, label in zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True):
                if low <= place <= high:
                    found.append(label)
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def smallest(picture: Picture) -> float:
    """Pixels of the smallest letters, for a picture that was drawn `on_slide`."""
    return min(slide_pixels(text.get_fontsize() / 72) for text in texts(picture))


def covered(picture: Picture) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes overlap. Slanted texts have boxes that are too large, so they are left out."""
    boxes = [
        (text.get_text(), text.get_window_extent())
        for text in texts(picture)
        if text.get_rotation() % 90 == 0
    ]
    return [
        (one, other)
        for (one, a), (other, b) in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > SLACK and min(a.y1, b.y1) - max(a.y0, b.y0) > SLACK
    ]


def sticks_out(picture: Picture) -> list[str]:
    """The texts that reach over an edge of the picture."""
    edge = picture.figure.bbox
    return [
        text.get_text()
        for text in texts(picture)
        for box in [text.get_window_extent()]
        if box.x0 < -1 or box.y0 < -1 or box.x1 > edge.x1 + 1 or box.y1 > edge.y1 + 1
    ]
