"""An environment that holds the pinned packages and nothing else, as on a machine where only the launcher ran."""

from __future__ import annotations

import csv
import shutil
import sysconfig
import venv
from importlib.metadata import Distribution, distributions, requires
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.core import browser
from autograder.core.units import course_root

COURSE = "mlsys-course"  # the launcher installs it, too: a link to this repository
PROGRAMS = ("bwrap", "node", "npm", "npx", "setpriv", *browser.NAMES)  # what the course can do without


def pins() -> dict[str, Requirement]:
    lines = (course_root() / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = map(Requirement, (line for line in lines if line.strip() and not line.startswith("#")))
    return {canonicalize_name(pin.name): pin for pin in found}


def make_environment(folder: Path) -> Path:
    """Make `folder` an environment of links to the pinned packages that are installed here; returns its Python.

    A folder of site-packages is one link where every file that a RECORD names in it is of a pinned package. Elsewhere
    it is made anew, with links to the files of the pinned packages.
    """
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
    [site] = (folder / "lib").glob("python3*/site-packages")
    wanted = what_the_launcher_installs()
    mixed, places = set[PurePosixPath](), dict[PurePosixPath, Path]()
    # Not sys.path: once setuptools is imported, it lists older copies of packages that setuptools brings along.
    paths = sysconfig.get_paths()
    for each in distributions(path=list({paths["purelib"], paths["platlib"]})):
        home, mine = Path(str(each.locate_file(""))), canonicalize_name(each.metadata["Name"]) in wanted
        for path in recorded(each):
            if mine:
                places[path] = home
            else:
                mixed.update((path, *path.parents))
    for path, home in places.items():
        top = next((parent for parent in reversed(path.parents[:-1]) if parent not in mixed), path)
        link = site / top
        if not link.is_symlink() and (home / top).exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(home / top)
    return folder / "bin" / "python"


def what_the_launcher_installs() -> set[str]:
    """The pinned packages, the course, and what torch needs: which packages these are depends on torch's build."""
    wanted, more = {*pins(), COURSE}, ["torch"]
    while more:
        for need in map(Requirement, requires(more.pop()) or ()):
            name = canonicalize_name(need.name)
            if name not in wanted and (need.marker is None or need.marker.evaluate({"extra": ""})):
                wanted.add(name)
                more.append(name)
    return wanted


def recorded(distribution: Distribution) -> list[PurePosixPath]:
    """The files of a package inside of site-packages; programs lie elsewhere."""
    rows = csv.reader((distribution.read_text("RECORD") or "").splitlines())
    return [PurePosixPath(row[0]) for row in rows if row and not row[0].startswith(("..", "/"))]


def without_programs(folder: Path, path: str) -> str:
    """A search path with links to the programs of `path`, without those that the course can do without."""
    folder.mkdir()
    for place in map(Path, reversed(path.split(":"))):
        for program in place.iterdir() if place.is_dir() else ():
            link = folder / program.name
            link.unlink(missing_ok=True)
            link.symlink_to(program)
    for program in PROGRAMS:
        (folder / program).unlink(missing_ok=True)
    assert shutil.which("git", path=str(folder))
    return str(folder)
