"""The reports in a real browser, wide and narrow: nothing runs, nothing is loaded, nothing sticks out or is cut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from autograder.core.browser import switches
from autograder.reports import html
from autograder.reports.class_report import write_class
from autograder.reports.similarity import Work, compare
from autograder.tests.needs import need_browser
from autograder.tests.reports import sample
from autograder.tests.reports.test_similarity import OWN, RENAMED, STARTER, solved

pytestmark = [pytest.mark.slow, pytest.mark.alone]
WIDTHS = (1280, 360)
# Elements whose content is wider than they are, and that offer no way to scroll to it.
CUT = """
() => [...document.querySelectorAll('body *')].filter(each => {
  const how = getComputedStyle(each);
  const hidden = how.overflowX === 'hidden' || how.overflowX === 'clip';
  return hidden && each.scrollWidth > each.clientWidth + 1;
}).map(each => each.tagName + '.' + each.className)
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = need_browser()
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=str(path), args=switches())
        yield found
        found.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("class")
    write_class(sample.small_class(), folder, sample.manifest())
    works = [Work("ada", {"ops.py": solved(OWN)}), Work(sample.HOSTILE, {"ops.py": solved(RENAMED)})]
    pairs = compare(works, {"ops.py": STARTER})
    assert pairs
    page = html.template("similarity.html").render(unit="01_tiny", pairs=pairs, works=2, least=0.3)
    (folder / "similarity.html").write_text(page, encoding="utf-8")
    return folder


def look(browser: Browser, path: Path, width: int) -> tuple[Page, list[str]]:
    """The page, and everything that it did on its own."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    events: list[str] = []
    page.on("console", lambda message: events.append(f"console: {message.text}"))
    page.on("dialog", lambda dialog: events.append(f"dialog: {dialog.message}"))
    page.on("request", lambda request: events.append(request.url))
    page.goto(path.as_uri())
    return page, events


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "name",
    [
        "class.html",
        "similarity.html",
        *(f"students/{who}/report.html" for who in ("ada", "bo", "hal", "flo")),
    ],
)
def test_a_page_is_quiet_and_fits(browser: Browser, pages: Path, name: str, width: int):
    page, events = look(browser, pages / name, width)
    assert events == [(pages / name).as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT) == []
    assert page.locator("h1").inner_text()
    page.close()


def test_the_class_page_leads_to_a_student(browser: Browser, pages: Path):
    page, _ = look(browser, pages / "class.html", 1280)
    page.get_by_role("link", name="Bo Chen").click()
    assert "2.5 of 12 points" in page.locator("body").inner_text()
    page.get_by_role("link", name="01.1 add: sums").click()
    assert page.url.endswith("#task-01.1")
    assert page.get_by_text("[1.5, 0.25, -3.0, 7.75]").is_visible()
    page.close()


def test_the_histogram_is_drawn(browser: Browser, pages: Path):
    page, _ = look(browser, pages / "class.html", 1280)
    picture = page.get_by_role("img", name="How many people have which share")
    box = picture.bounding_box()
    assert box is not None
    assert box["width"] > 300
    heights = picture.locator("rect").evaluate_all(
        "each => each.map(bar => bar.getBoundingClientRect().height)"
    )
    assert len(heights) == 10
    assert max(heights) > 100
    page.close()


def test_marked_passages_are_visible(browser: Browser, pages: Path):
    page, _ = look(browser, pages / "similarity.html", 1280)
    marks = page.locator("mark")
    assert marks.count() > 10
    left, right = page.locator(".sides > div").first, page.locator(".sides > div").nth(1)
    first, second = left.bounding_box(), right.bounding_box()
    assert first is not None
    assert second is not None
    assert second["x"] > first["x"] + 300, "side by side"
    page.close()
