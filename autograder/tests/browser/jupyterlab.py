"""Drive the real JupyterLab as a student does: `./mlsys lab` in a tree of its own, and a browser on it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from autograder.core.browser import switches
from autograder.core.units import Unit
from autograder.tests.tree import command, environment

WINDOW = {"width": 1600, "height": 1000}
DIALOGS = ".jp-Dialog"
IDLE = ".jp-NotebookPanel .jp-Notebook-ExecutionIndicator[data-status='idle']"
SCROLL_ON = """
element => { const was = element.scrollTop; element.scrollTop += 500; return element.scrollTop > was }
"""


@dataclass
class Session:
    """One browser page on one lab."""

    page: Page
    notebook: Path  # the student's copy, on the disk
    requests: list[str] = field(default_factory=list)  # to anywhere but the server
    dialogs: list[str] = field(default_factory=list)

    def menu(self, name: str, entry: str) -> None:
        self.page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{name}$")).click()
        self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{entry}$")).first.click()

    def look_for_dialogs(self) -> None:
        self.dialogs += self.page.locator(DIALOGS).all_inner_texts()

    def saved(self) -> dict[str, Any]:
        return json.loads(self.notebook.read_text())

    def code_cells(self) -> list[dict[str, Any]]:
        cells = self.saved()["cells"]
        return [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]

    def errors(self) -> list[dict[str, Any]]:
        outputs = (output for cell in self.code_cells() for output in cell["outputs"])
        return [output for output in outputs if output["output_type"] == "error"]

    def run_all(self, seconds: float) -> None:
        """Run all cells from the menu, and wait until none is waiting any more, or a dialog is in the way."""
        self.menu("Run", "Run All Cells")
        deadline, quiet = time.monotonic() + seconds, 0
        while quiet < 3:  # looks in a row: between two cells the kernel is idle for a moment
            if time.monotonic() > deadline:
                waiting = next(cell for cell in self.code_cells() if cell["execution_count"] is None)
                raise TimeoutError(f"still at it after {seconds:.0f} s: {''.join(waiting['source'])[:300]}")
            self.page.keyboard.press("Control+s")
            self.page.wait_for_timeout(1500)
            self.look_for_dialogs()
            if self.dialogs:
                return
            quiet = quiet + 1 if self.page.locator(IDLE).count() else 0

    def unrun(self) -> list[str]:
        """The code cells that did not run."""
        return ["".join(cell["source"]) for cell in self.code_cells() if cell["execution_count"] is None]

    def scroll_to(self, selector: str) -> bool:
        """Scroll the notebook until something that matches is in view; False when nothing does."""
        scroller = self.page.locator(".jp-NotebookPanel .jp-WindowedPanel-outer").first
        scroller.evaluate("element => { element.scrollTop = 0 }")
        for _ in range(400):
            found = self.page.locator(selector)
            if found.count():
                found.first.scroll_into_view_if_needed()
                self.page.wait_for_timeout(500)  # pictures above it may still take their place
                found.first.scroll_into_view_if_needed()
                return found.first.is_visible()
            if not scroller.evaluate(SCROLL_ON):
                return False
            self.page.wait_for_timeout(50)
        return False


@contextmanager
def lab_process(unit: Unit, home: Path) -> Iterator[str]:
    """`./mlsys lab` on `unit`, in its tree and with `home` as the home folder; yields the address."""
    home.mkdir()
    variables = environment(unit.root, HOME=str(home))
    for name in [name for name in variables if name.startswith(("XDG_", "JUPYTER", "IPYTHON", "MPLCONFIG"))]:
        del variables[name]
    process = subprocess.Popen(
        command("lab", unit.number, "--no-browser"),
        cwd=unit.root,
        env=variables,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            address = re.search(r"http://127\.0\.0\.1\S+", line)
            if address:
                yield address[0]
                return
        raise AssertionError(f"./mlsys lab ended with exit code {process.wait()} and gave no address")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        process.stdout.close()


@contextmanager
def session(unit: Unit, browser: Path, home: Path) -> Iterator[Session]:
    """The lab of `unit` in a browser, the notebook and the module open."""
    with lab_process(unit, home) as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(browser), args=switches(), env=dict(os.environ)
        )
        page = chromium.new_page(viewport=WINDOW)  # pyright: ignore[reportArgumentType]
        here = Session(page, unit.desk / unit.lab.name)
        page.on("request", lambda request: here.requests.append(request.url))
        page.goto(address)
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=120_000)
        page.wait_for_selector(".jp-FileEditor:visible .cm-content", timeout=60_000)
        page.wait_for_selector(IDLE, timeout=120_000)
        page.wait_for_timeout(3000)  # announcements come late, if they come
        here.look_for_dialogs()
        try:
            yield here
        finally:
            chromium.close()
    server = address.split("/lab/")[0]
    here.requests = [url for url in here.requests if not url.startswith((server, "data:", "blob:", "ws:"))]
