"""Find a browser of the Chromium family, for slides and for tests of the notebooks."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
MAC_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
FIX_BROWSER = (
    "sudo apt-get install chromium (Debian), sudo snap install chromium (Ubuntu), or set CHROME_PATH"
)


def find_browser() -> Path | None:
    """The browser that CHROME_PATH names, or else the first one found; None if there is none."""
    named = os.environ.get("CHROME_PATH")
    if named:
        return Path(named) if os.access(named, os.X_OK) else None
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return Path(found)
    return next((Path(path) for path in MAC_APPLICATIONS if os.access(path, os.X_OK)), None)


def switches() -> list[str]:
    """The switches for a quiet start without a screen. Chromium's own sandbox refuses to run as root."""
    quiet = ["--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
    return [*quiet, "--no-sandbox"] if os.geteuid() == 0 or os.environ.get("CI") else quiet
