"""Look at rendered slides as a reader would: open them in a browser and measure each one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright

from autograder.core.browser import switches

# For the slide that is shown: what sticks out of it, or out of its own box (a long line of code).
MEASURE = """
() => {
  const slide = document.querySelector('svg.bespoke-marp-active section');
  const box = slide.getBoundingClientRect();
  const slack = 2;
  const problems = [];
  const say = (element, what) => {
    const text = (element.textContent || element.alt || '').trim().slice(0, 40);
    problems.push(`${element.tagName.toLowerCase()} "${text}" ${what}`);
  };
  if (slide.scrollHeight > slide.clientHeight + slack) say(slide, 'is higher than the slide');
  if (slide.scrollWidth > slide.clientWidth + slack) say(slide, 'is wider than the slide');
  for (const element of slide.querySelectorAll('*')) {
    if (element.closest('mjx-container, svg svg') || element.closest('mjx-assistive-mml')) continue;
    const rect = element.getBoundingClientRect();
    if (rect.width === 0 || rect.height === 0) continue;
    if (rect.right > box.right + slack || rect.left < box.left - slack)
      say(element, 'sticks out at the side');
    if (rect.bottom > box.bottom + slack || rect.top < box.top - slack)
      say(element, 'sticks out below or above');
    if (element.scrollWidth > element.clientWidth + slack && getComputedStyle(element).display !== 'inline')
      say(element, 'holds a line that is too long');
    if (element.tagName === 'IMG' && !element.alt.trim()) say(element, 'has no alt text');
    if (element.tagName === 'IMG' && !element.naturalWidth) say(element, 'is a picture that is missing');
  }
  return problems;
}
"""

SIZES = """
() => [...document.querySelectorAll('svg.bespoke-marp-active section :is(p:not(.source), li)')]
  .map(element => parseFloat(getComputedStyle(element).fontSize))
"""


@dataclass(frozen=True)
class Deck:
    """What a browser saw."""

    problems: list[str]  # "slide 3: ..."
    slides: int
    notes: list[str]  # the speaker notes, one a slide, "" where there are none
    smallest: float  # the smallest type of all paragraphs and list items, in pixels of a slide of 1280 x 720
    requests: list[str]  # addresses outside the file that it wanted


def look_at(html: Path, browser: Path, screenshots: Path | None = None) -> Deck:
    """Open every slide of `html`, and write a picture of each into `screenshots`."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(browser), args=switches())
        page = chromium.new_page(viewport={"width": 1280, "height": 720})
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto(html.as_uri())
        slides = page.locator("svg[data-marpit-svg]").count()
        problems, sizes = [], []
        for number in range(1, slides + 1):
            page.goto(f"{html.as_uri()}#{number}")
            page.wait_for_selector(f"svg.bespoke-marp-active section[id='{number}']")
            problems += [f"slide {number}: {problem}" for problem in page.evaluate(MEASURE)]
            sizes += page.evaluate(SIZES)
            if screenshots is not None:
                screenshots.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=screenshots / f"{html.stem}-{number:02d}.png")
        notes = [""] * slides
        for note in page.locator("div.bespoke-marp-note").all():
            notes[int(note.get_attribute("data-index") or 0)] = (note.text_content() or "").strip()
        chromium.close()
    outside = [url for url in requests if not url.startswith((html.as_uri(), "data:", "blob:"))]
    return Deck(problems, slides, notes, min(sizes, default=0.0), outside)
