"""One look for every plot of the course: colours, fonts, and a text for those who cannot see the picture.

The drawing functions (`charts.py` beside this file, `reference/lab/*/`) return a `Picture`: a figure that cannot
be shown without its alternative text. As the last line of a notebook cell it shows itself;
`.save(path)` writes an SVG for slides and pages, the same bytes each time.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib
from cycler import cycler
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

P = ParamSpec("P")
LETTER_POINTS = 11.5
# On a slide of 1280 x 720 pixels the body text has 30 pixels, and a figure's letters have 25.
SLIDE_LETTER_PIXELS = 25
SLIDE_WIDTH = 1136  # between the margins of the theme
_scale: ContextVar[float] = ContextVar("scale", default=1.0)
_slide: ContextVar[tuple[int, int] | None] = ContextVar("slide", default=None)

# Okabe and Ito's palette without its yellow, which is too pale on white: told apart by colour-blind readers.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GREY, LIGHT = "#6B6B6B", "#D9D9D9"

STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.labelsize": 12,
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "figure.dpi": 110,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture on every machine
    "font.size": LETTER_POINTS,
    "grid.color": LIGHT,
    "grid.linewidth": 0.7,
    "legend.fontsize": 10.5,
    "legend.frameon": False,
    "legend.title_fontsize": 10.5,
    "lines.linewidth": 2.2,
    "lines.markersize": 7,
    "svg.fonttype": "path",
    "svg.hashsalt": "mlsys",  # otherwise each save names its parts anew, and every picture is a new diff
    "xtick.color": GREY,
    "ytick.color": GREY,
}


@dataclass(frozen=True)
class Picture:
    """A figure and the sentence that stands for it where it cannot be seen."""

    figure: Figure
    alt: str

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError("a picture needs an alternative text: one sentence that says what it shows")

    def png(self, dpi: float = 160) -> bytes:
        buffer = io.BytesIO()
        with matplotlib.rc_context(STYLE):
            self.figure.savefig(buffer, format="png", dpi=dpi)
        return buffer.getvalue()

    def save(self, path: Path | str) -> Path:
        """Write the picture as SVG or PNG, by the name's ending; makes the folder. Returns the path."""
        path = Path(path)
        kind = path.suffix.lstrip(".").lower()
        if kind not in {"svg", "png"}:
            raise ValueError(f"Picture.save: expected a name ending in .svg or .png, got {path.name!r}")
        path.parent.mkdir(parents=True, exist_ok=True)
        about = {"Title": self.alt, "Date": None} if kind == "svg" else {"Description": self.alt}
        with matplotlib.rc_context(STYLE):
            self.figure.savefig(path, format=kind, metadata=about, dpi=160)
        return path

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png()).decode()
        width = round(self.figure.get_figwidth() * 100)
        text = html.escape(self.alt)
        return f'<img alt="{text}" src="data:image/png;base64,{data}" style="width:{width}px;max-width:100%">'


def styled(draw: Callable[P, Picture]) -> Callable[P, Picture]:
    """Decorator: run a drawing function in the course's style, without changing anybody else's settings."""

    @wraps(draw)
    def inside(*args: P.args, **kwargs: P.kwargs) -> Picture:
        with matplotlib.rc_context(STYLE):
            return draw(*args, **kwargs)

    return inside


@contextmanager
def scaled(factor: float) -> Iterator[None]:
    """Draw all inside on paper of `factor` times the size: with 0.8 the letters look larger."""
    if not 0.3 <= factor <= 3:
        raise ValueError(f"scaled: expected a factor between 0.3 and 3, got {factor}")
    token = _scale.set(factor)
    try:
        yield
    finally:
        _scale.reset(token)


@contextmanager
def on_slide(height: int, width: int = SLIDE_WIDTH) -> Iterator[None]:
    """Draw all inside for a slide: height and width are the pixels that it takes of 1280 x 720.

    The letters come out at SLIDE_LETTER_PIXELS, whatever the size, and the finding is left out: the slide's own
    heading says it. Show the picture with `![w:WIDTH ...]`, so that it is not scaled again.
    """
    if not (100 <= height <= 720 and 100 <= width <= 1280):
        raise ValueError(f"on_slide: expected 100 to 1280 by 100 to 720 pixels, got {width} by {height}")
    token = _slide.set((width, height))
    try:
        yield
    finally:
        _slide.reset(token)


def slide_pixels(inches: float) -> float:
    """Pixels on a slide for inches of a picture that was drawn `on_slide`."""
    return inches * 72 * SLIDE_LETTER_PIXELS / LETTER_POINTS


def new_figure(
    width: float = 8.6, height: float = 4.6, rows: int = 1, columns: int = 1, **kwargs: Any
) -> Any:
    """(figure, axes) for `@styled` functions. kwargs go to `Figure.subplots`.

    width, height: inches, which a surrounding `scaled` multiplies and a surrounding `on_slide` replaces.
    """
    size = (_scale.get() * width, _scale.get() * height)
    if slide := _slide.get():
        size = (slide[0] / slide_pixels(1), slide[1] / slide_pixels(1))
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08))
    return figure, figure.subplots(rows, columns, **kwargs)


def show(figure: Figure | Picture, alt: str | None = None) -> None:
    """Display a figure in a notebook with its alternative text. Raises ValueError when there is none."""
    from IPython.display import display

    picture = figure if isinstance(figure, Picture) else Picture(figure, alt or "")
    display(picture)


def headline(figure: Figure, finding: str) -> None:
    """The title: what the picture shows, as a sentence, above everything from the left edge.

    A picture `on_slide` gets none: its slide has a heading, and two of them compete.
    """
    if _slide.get():
        return
    figure.suptitle(finding, x=0.012, ha="left", fontsize=13.5, fontweight="bold")


def three_digits(value: float) -> str:
    """Three significant digits without an exponent: 0.0123, 4.56, 210, 12300."""
    return (
        f"{value:.3g}"
        if abs(value) < 1000
        else f"{round(value, -len(str(int(value))) + 3):,.0f}".replace(",", " ")
    )


def times(ratio: float) -> str:
    return f"{three_digits(ratio)}×"
