"""What every picture of the course owes its reader: a text, the same file each time, and nothing outside the paper."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path

from reference.shared.plots.style import Picture


def assert_shows_itself(picture: Picture) -> None:
    """A notebook gets an image with an alternative text."""
    found = re.search(r'<img alt="([^"]{20,})" src="data:image/png;base64,([^"]+)"', picture._repr_html_())
    assert found, "no <img> with an alternative text"
    assert base64.b64decode(found[2]).startswith(b"\x89PNG")


def assert_stays_on_paper(picture: Picture) -> None:
    """No letter and no line lies outside the figure."""
    figure = picture.figure
    figure.draw_without_rendering()
    box, tight = figure.bbox, figure.get_tightbbox()
    assert tight is not None
    assert min(tight.x0, tight.y0) * figure.dpi >= -1
    assert tight.x1 * figure.dpi <= box.x1 + 1
    assert tight.y1 * figure.dpi <= box.y1 + 1


def assert_same_each_time(draw: Callable[[], Picture], folder: Path) -> None:
    """Drawn twice, the file is the same, byte for byte."""
    first, second = (draw().save(folder / f"{turn}.svg").read_bytes() for turn in (1, 2))
    assert first == second
