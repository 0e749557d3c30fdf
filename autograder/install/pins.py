"""The pinned versions: find the installed ones, and record the pins of an environment."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path


def say(message: str) -> None:
    print(f"mlsys: {message}", file=sys.stderr, flush=True)


def pins_of(root: Path) -> list[str]:
    """The lines of constraints.txt, each "name==version" and perhaps a marker."""
    lines = [line.strip() for line in (root / "constraints.txt").read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def split_pin(pin: str) -> tuple[str, str]:
    """The normalized name and the version of a pin."""
    name, _, version = pin.partition(";")[0].strip().partition("==")
    return normalized(name), version.strip()


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def site_of(home: Path) -> Path:
    """The folder of an environment's packages."""
    [site] = (home / "lib").glob("python3*/site-packages")
    return site


def installed(site: Path) -> list[tuple[Path, str, str]]:
    """(.dist-info, normalized name, version) of each package in `site`."""
    found = []
    for info in site.glob("*.dist-info"):
        name, _, version = info.name.removesuffix(".dist-info").rpartition("-")
        found.append((info, normalized(name), version))
    return found


def missing_pins(root: Path, site: Path) -> list[str]:
    """The lines of constraints.txt that are not installed at their version, torch first."""
    have = {name: version.partition("+")[0] for _, name, version in installed(site)}

    def absent(pin: str) -> bool:
        name, version = split_pin(pin)
        return have.get(name) != version

    return sorted(filter(absent, pins_of(root)), key=lambda pin: not pin.startswith("torch=="))


def forget(site: Path, names: set[str]) -> None:
    """Let pip install these packages again: without its .dist-info, a package counts as missing."""
    for info, name, _ in installed(site):
        if name in names:
            shutil.rmtree(info)


def remove_half_installed(site: Path) -> None:
    """Remove packages whose installation was interrupted: pip writes RECORD last, and cannot repair one without."""
    for info in site.glob("*.dist-info"):
        if not (info / "RECORD").exists():
            shutil.rmtree(info)


def ready_text(root: Path, shared: Path | None = None) -> str:
    """The content of `.venv/ready`: the pins, the project's dependencies, the place, and the shared environment."""
    parts = [(root / name).read_text(encoding="utf-8") for name in ("constraints.txt", "pyproject.toml")]
    parts.append(f"# root: {root}\n")
    if shared is not None:
        parts.append((shared / "ready").read_text(encoding="utf-8"))
    return "".join(parts)
