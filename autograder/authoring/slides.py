"""Render the slides with Marp: slides/NN_name.md to one HTML and one PDF file."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import urllib.parse
from pathlib import Path

from autograder.core.browser import FIX_BROWSER, find_browser, switches
from autograder.core.scratch import scratch_folder
from autograder.core.units import CourseError

OLDEST_NODE = 18
FIX_NODE = "sudo apt-get install nodejs npm (macOS: brew install node)"
THEME = "theme.css"


class NotInstalledError(CourseError):
    """A missing program that is not part of the course; exit code 69."""

    exit_code = 69


def node_version() -> tuple[int, ...] | None:
    """The version of Node.js, like (20, 11, 1); None if it does not start."""
    node = shutil.which("node")
    if node is None:
        return None
    done = subprocess.run([node, "--version"], capture_output=True, text=True)
    parts = done.stdout.strip().lstrip("v").split(".")
    return tuple(map(int, parts)) if done.returncode == 0 and all(part.isdigit() for part in parts) else None


def ensure_marp(root: Path) -> Path:
    """The `marp` program; installs the version of the committed lock file if necessary.

    Raises NotInstalledError without Node.js, npm or a network on the first use.
    """
    folder = root / "slides"
    version, npm = node_version(), shutil.which("npm")
    if version is None or version[0] < OLDEST_NODE or npm is None:
        found = (
            "none"
            if version is None
            else f"Node.js {'.'.join(map(str, version))}{'' if npm else ' without npm'}"
        )
        raise NotInstalledError(
            f"rendering slides needs Node.js\n  expected: version {OLDEST_NODE} or newer, with npm\n"
            f"  got: {found}\n  to fix: {FIX_NODE}"
        )
    program = folder / "node_modules" / ".bin" / "marp"
    stamp = folder / "node_modules" / ".installed"
    lock = (folder / "package-lock.json").read_text()
    if program.exists() and stamp.exists() and stamp.read_text() == lock:
        return program
    print("Installing Marp into slides/node_modules (once, about 15 s) ...", flush=True)
    command = [npm, "ci", "--ignore-scripts", "--no-progress", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode or not program.exists():
        reason = "\n".join("  " + line for line in (done.stderr or done.stdout).strip().splitlines()[-6:])
        raise NotInstalledError(
            f"npm could not install Marp\n{reason}\n  to fix: check the network, then run the same command again"
        )
    stamp.write_text(lock)
    return program


def render(root: Path, source: Path, to: Path) -> list[Path]:
    """Write NAME.html and NAME.pdf for `source` to `to`, with the pictures inside; returns both paths.

    Raises CourseError with Marp's own message if it fails.
    """
    program = ensure_marp(root)
    browser = find_browser()
    if browser is None:
        raise NotInstalledError(
            f"the PDF of the slides needs Chromium, and none was found\n  to fix: {FIX_BROWSER}"
        )
    outputs = [to / f"{source.stem}{suffix}" for suffix in (".html", ".pdf")]
    to.mkdir(parents=True, exist_ok=True)
    with scratch_folder("slides") as scratch:
        # Marp and the browser leave folders behind: in `scratch`, which is removed.
        own: dict[str, str] = dict.fromkeys(("TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(scratch))
        own["CHROME_PATH"] = str(browser)
        if "--no-sandbox" in switches():
            own["CHROME_NO_SANDBOX"] = "1"
        for output in outputs:
            half = scratch / output.name
            convert(program, source, half, theme=root / "slides" / THEME, environment=os.environ | own)
            if output.suffix == ".html":
                half.write_text(with_pictures(half.read_text(), source.parent))
            shutil.move(half, output)
    return outputs


def with_pictures(html: str, folder: Path) -> str:
    """`html` with the pictures of `folder` inside, so that one file is the whole lecture.

    A missing picture keeps its name: the reader sees the alternative text.
    """

    def embedded(match: re.Match[str]) -> str:
        path = folder / urllib.parse.unquote(match[2])
        if not path.is_file():
            return match[0]
        kind = "svg+xml" if path.suffix == ".svg" else path.suffix[1:].replace("jpg", "jpeg")
        data = base64.b64encode(path.read_bytes()).decode()
        return f"{match[1]}data:image/{kind};base64,{data}{match[3]}"

    name = r"""([^"':&)]+\.(?:svg|png|jpg|jpeg|gif|webp))"""
    html = re.sub(rf"""(<img [^>]*?src="){name}(")""", embedded, html)
    return re.sub(rf"""(url\((?:&quot;|["'])?){name}((?:&quot;|["'])?\))""", embedded, html)


def convert(program: Path, source: Path, output: Path, *, theme: Path, environment: dict[str, str]) -> None:
    """Run Marp once; the suffix of `output` decides the format. Raises CourseError with the end of its output."""
    switch = [
        "--no-stdin",
        "--html",
        "--allow-local-files",
        "--theme-set",
        str(theme),
        "--output",
        str(output),
    ]
    # Relative to the theme's folder: Marp takes "[" in an absolute path for the start of a pattern.
    done = subprocess.run(
        [str(program), os.path.relpath(source, theme.parent), *switch],
        cwd=theme.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode or not output.exists():
        kind, words = output.suffix[1:].upper(), (done.stderr or done.stdout).strip().splitlines()[-6:]
        reason = "\n".join(f"  {line}" for line in words)
        raise CourseError(f"Marp could not render {source.name} to {kind}\n{reason}")
