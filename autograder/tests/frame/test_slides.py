"""`./mlsys slides`: real Marp, real Chromium, and a look at every slide."""

from __future__ import annotations

import base64
import re
import zlib
from contextlib import suppress
from pathlib import Path

import pytest

from autograder.authoring import slides as marp
from autograder.core.units import CourseError, Unit, course_root, find_units
from autograder.tests import needs
from autograder.tests.frame.deck import look_at
from autograder.tests.tree import copy_tree, mlsys
from reference.tests.effort import SHARE

ROOT = course_root()
DECKS = [unit for unit in find_units() if unit.slides.exists()]
FRONT = "---\nmarp: true\ntheme: mlsys\npaginate: true\n---\n"
FITS = f"""{FRONT}
# A title

- one
- $x^2$

<!-- Say one. -->

---

## Two

```python
for i in range(n):
```
"""


def pages(pdf: Path) -> int:
    """How many pages a PDF has: the page objects in it, also those in compressed streams."""
    content = pdf.read_bytes()
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        with suppress(zlib.error):
            content += zlib.decompressobj().decompress(stream)
    return len(re.findall(rb"/Type\s*/Page\b", content))


def render(tmp_path: Path, text: str) -> tuple[Path, Path]:
    needs.need_marp(ROOT)
    needs.need_browser()
    source = tmp_path / "81_deck.md"
    source.write_text(text)
    html, pdf = marp.render(ROOT, source, tmp_path / "out")
    return html, pdf


@pytest.mark.slow
@pytest.mark.parametrize("unit", DECKS, ids=lambda unit: unit.slug)
def test_a_lecture_renders_and_every_slide_fits(unit: Unit):
    browser = needs.need_browser()
    needs.need_marp(ROOT)
    to = ROOT / "build" / "slides"
    done = mlsys(ROOT, "slides", unit.number)
    assert done.returncode == 0, done.stderr
    html, pdf = to / f"{unit.slug}.html", to / f"{unit.slug}.pdf"
    assert done.stdout.split()[-2:] == [f"build/slides/{html.name}", f"build/slides/{pdf.name}"]
    deck = look_at(html, browser, screenshots=to / "pictures" if SHARE == 1 else None)
    assert not deck.problems, "\n".join(deck.problems)
    assert not deck.requests, "\n".join(deck.requests)
    assert deck.slides >= 8
    assert pages(pdf) == deck.slides
    assert deck.smallest >= 24, "type too small to read from the last row"
    without = [number for number, note in enumerate(deck.notes[1:], 2) if not note]
    assert without == [], "slides without speaker notes"


@pytest.mark.slow
def test_a_deck_of_two_slides(tmp_path: Path):
    html, pdf = render(tmp_path, FITS)
    deck = look_at(html, needs.need_browser())
    assert (deck.slides, pages(pdf), deck.problems, deck.requests) == (2, 2, [], [])
    assert deck.notes == ["Say one.", ""]
    assert deck.smallest == 30


@pytest.mark.slow
def test_what_does_not_fit_is_found(tmp_path: Path):
    """The look must see each kind of mistake, or a clean result would say nothing."""
    lists = "\n".join(f"- item {number}" for number in range(30))
    code = "```\n" + "x" * 150 + "\n```"
    picture = '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">\n\n![here](nowhere.png)'
    html, _ = render(tmp_path, FRONT + f"{lists}\n\n---\n\n{code}\n\n---\n\n{picture}\n")
    problems = "\n".join(look_at(html, needs.need_browser()).problems)
    assert re.search(r'slide 1: section "item 0.*" is higher than the slide', problems, re.DOTALL)
    assert 'slide 1: li "item 29" sticks out below or above' in problems
    assert re.search(r"slide 2: pre .* holds a line that is too long", problems)
    assert re.search(r"slide 3: img .* has no alt text", problems)
    assert 'slide 3: img "here" is a picture that is missing' in problems


@pytest.mark.slow
def test_what_marp_cannot_read_is_one_message(tmp_path: Path):
    needs.need_marp(ROOT)
    needs.need_browser()
    with pytest.raises(CourseError, match=r"Marp could not render nothing.md to HTML\n"):
        marp.render(ROOT, tmp_path / "nothing.md", tmp_path)


def test_the_lectures_wear_the_theme_of_the_course():
    for unit in DECKS:
        assert "\ntheme: mlsys\n" in unit.slides.read_text().partition("\n---\n")[0] + "\n", unit.slides.name


PIXEL = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")


@pytest.mark.slow
def test_pictures_are_part_of_the_file(tmp_path: Path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a dot.gif").write_bytes(PIXEL)
    pictures = "![a dot](figures/a%20dot.gif)\n\n![bg right](figures/a%20dot.gif)"
    html, _ = render(tmp_path, f"{FRONT}\n# One\n\n{pictures}\n")
    (tmp_path / "figures" / "a dot.gif").unlink()
    deck = look_at(html, needs.need_browser())
    assert (deck.problems, deck.requests) == ([], [])
    assert html.read_text().count("data:image/gif;base64,R0lGOD") == 2


def test_without_node_the_message_says_what_to_install(tmp_path: Path):
    """The whole command, in a tree with a lecture, on a PATH without Node.js."""
    tree = copy_tree(tmp_path / "course", "autograder")
    (tree / "slides").mkdir()
    (tree / "slides" / "81_deck.md").write_text(FITS)
    done = mlsys(tree, "slides", "81", PATH=str(tmp_path))
    assert done.returncode == 69
    assert done.stderr.startswith("mlsys: rendering slides needs Node.js\n")
    assert "expected: version 18 or newer, with npm\n  got: none\n" in done.stderr
    assert "to fix: sudo apt-get install nodejs npm" in done.stderr


def test_an_old_node_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, text in (("node", "echo v16.20.1"), ("npm", "true")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(marp.NotInstalledError, match=r"got: Node\.js 16\.20\.1"):
        marp.ensure_marp(ROOT)


def test_an_unknown_unit_is_exit_code_2():
    done = mlsys(ROOT, "slides", "99")
    assert (done.returncode, done.stderr.partition("\n")[0]) == (2, "mlsys: unknown unit '99'")


def test_the_lock_file_names_no_place_and_pins_marp():
    lock = (ROOT / "slides" / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity": "sha512-') > 100
    assert re.search(
        r'"@marp-team/marp-cli": "\d+\.\d+\.\d+"', (ROOT / "slides" / "package.json").read_text()
    )


@pytest.mark.slow
def test_npm_without_a_network_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    needs.need_marp(ROOT)
    (tmp_path / "slides").mkdir()
    for name in ("package.json", "package-lock.json", ".npmrc"):
        (tmp_path / "slides" / name).write_bytes((ROOT / "slides" / name).read_bytes())
    nowhere = {"registry": "http://127.0.0.1:9/", "cache": str(tmp_path / "cache"), "fetch_retries": "0"}
    for name, value in nowhere.items():
        monkeypatch.setenv(f"npm_config_{name}", value)
    with pytest.raises(marp.NotInstalledError, match=r"npm could not install Marp\n(.|\n)*check the network"):
        marp.ensure_marp(tmp_path)


def test_the_theme_brings_everything_along():
    theme = (ROOT / "slides" / marp.THEME).read_text()
    assert theme.startswith("/* @theme mlsys */")
    assert "url(" not in theme
    assert "@import" not in theme
