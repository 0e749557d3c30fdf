"""One environment for several trees: each tree's `.venv` then holds only links to it.

A tree shares the environment that MLSYS_VENV names, or the one that `.venv/shared` leads to (`./mlsys release --out`
leaves a link to the course's own). It must have every version that the tree pins.
"""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from pathlib import Path

from autograder.install.pins import missing_pins, say, site_of

LINK = "shared"
MARK = "lock"  # every environment of ours has this file


def named_folder(environ: dict[str, str], home: Path) -> Path | None:
    """The folder of MLSYS_VENV; None if it is not set, or is this tree's own. Raises SystemExit."""
    named = environ.get("MLSYS_VENV", "")
    if not named:
        return None
    folder = Path(os.path.realpath(Path(named).expanduser()))
    if folder == Path(os.path.realpath(home)):
        return None
    if os.pathsep in str(folder):
        say(f"MLSYS_VENV={named}: expected a folder without a colon in its path")
        raise SystemExit(2)
    if (
        folder.exists()
        and not (folder / MARK).exists()
        and not (folder.is_dir() and not any(folder.iterdir()))
    ):
        say(f"MLSYS_VENV={named} is not an environment that ./mlsys made")
        say("expected: a new or empty folder, or the .venv of another tree of this course")
        raise SystemExit(2)
    return folder


def linked_folder(home: Path) -> Path | None:
    """The environment that `.venv/shared` links to; None if it does not exist."""
    link = home / LINK
    return Path(os.path.realpath(link)) if link.is_symlink() and link.exists() else None


def agrees(root: Path, shared: Path) -> bool:
    """True if `shared` is finished and has every version that the tree at `root` pins."""
    if not (shared / "ready").is_file() or not (shared / "bin" / "python").exists():
        return False
    try:
        lacks = missing_pins(root, site_of(shared))
    except ValueError:  # no folder of packages, or two
        return False
    return not [pin for pin in lacks if ";" not in pin]


def link(home: Path, shared: Path) -> None:
    """Link `.venv/shared` to `shared`."""
    place = home / LINK
    if place.is_symlink() and place.readlink() == shared:
        return
    place.unlink(missing_ok=True)
    place.symlink_to(shared)


def attach(root: Path, home: Path, shared: Path) -> None:
    """Make `home` an environment of links: to the tree's own code first, then to the packages of `shared`."""
    # The interpreter of `shared` makes it: compiled packages serve one version of Python only.
    python = str(shared / "bin" / "python")
    subprocess.run([python, "-I", "-m", "venv", "--without-pip", "--symlinks", str(home)], check=True)
    link(home, shared)
    packages = site_of(shared)
    (site_of(home) / "mlsys.pth").write_text(path_lines(root, packages), encoding="utf-8")
    for folder in ("share", "etc", "include"):
        place = home / folder
        if (shared / folder).is_dir() and (place.is_symlink() or not any(entries(place))):
            if place.is_symlink():
                place.unlink()
            elif place.is_dir():
                place.rmdir()
            place.symlink_to(shared / folder)
    for library in (shared / "lib").iterdir():
        if not library.name.startswith("python3"):
            renew(home / "lib" / library.name, library)
    for program in sorted((shared / "bin").iterdir()):
        if not program.name.lower().startswith(("python", "activate", "pip")):
            link_program(program, home)


def path_lines(root: Path, packages: Path) -> str:
    """A .pth file: `root`, then `packages` with its own .pth files, but without the course that shares them."""
    others = []
    for file in sorted(packages.glob("*.pth")):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        others += [line for line in lines if line.startswith("/") and Path(line) != root]
    return (
        f"{root}\nimport site; site.addsitedir({str(packages)!r})\n"
        f"import sys; sys.path[:] = [each for each in sys.path if each not in {others!r}]\n"
    )


def link_program(program: Path, home: Path) -> None:
    """Link a program of the shared environment into `home`; a Python script runs with the interpreter of `home`."""
    place = home / "bin" / program.name
    with program.open("rb") as file:
        script = b"python" in file.readline(200) if file.read(2) == b"#!" else False
    if not script:
        renew(place, program)
        return
    place.unlink(missing_ok=True)
    interpreter = shlex.quote(str(home / "bin" / "python"))
    place.write_text(f'#!/bin/sh\nexec {interpreter} {shlex.quote(str(program))} "$@"\n', encoding="utf-8")
    place.chmod(place.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def renew(place: Path, target: Path) -> None:
    place.unlink(missing_ok=True)
    place.symlink_to(target)
