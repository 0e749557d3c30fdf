"""Verify an environment from inside: every pinned package must be complete, and Python must import that one.

As a program, `python -I verify.py ROOT HOME...` prints the findings as JSON: {"numpy": "numpy/__init__.py is missing"}.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":  # without anything of this folder's on the path
    sys.path.append(str(Path(__file__).resolve().parents[2]))

from autograder.install.pins import pins_of, split_pin

SUFFIXES = (".py", ".so", ".pyd")


def findings(root: Path, homes: list[Path]) -> dict[str, str]:
    """Package -> its problem, for every pin of `root` that is not complete below one of `homes`.

    Reads the size of each installed file: about half a second.
    """
    found = {}
    for pin in pins_of(root):
        name, version = split_pin(pin)
        try:
            dist = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            if ";" not in pin:  # a marker may say that this machine does not need it
                found[name] = "is not installed"
            continue
        wrong = (
            elsewhere(dist, homes) or other_version(dist, version) or damage(dist) or shadowed(dist, homes)
        )
        if wrong:
            found[name] = wrong
    return found


def elsewhere(dist: importlib.metadata.Distribution, homes: list[Path]) -> str:
    place = Path(str(dist.locate_file("")))
    return "" if inside(place, homes) else f"Python finds it in {place}"


def other_version(dist: importlib.metadata.Distribution, version: str) -> str:
    """Compare the version with the pin. A build may have a local part, 2.13.0+cpu, which a pin without one accepts."""
    have = dist.version
    return "" if have.partition("+")[0] == version.partition("+")[0] else f"has version {have}, not {version}"


def damage(dist: importlib.metadata.Distribution) -> str:
    """Find a file that is missing, or has another size than pip recorded."""
    for file in dist.files or ():
        if file.suffix == ".pyc":
            continue
        try:
            size = Path(str(dist.locate_file(file))).stat().st_size
        except OSError:
            return f"{file} is missing"
        if file.size is not None and size != file.size:
            return f"{file} has {size} bytes, not {file.size}"
    return ""


def shadowed(dist: importlib.metadata.Distribution, homes: list[Path]) -> str:
    """Find a module of the package for which Python imports another file."""
    for name in modules(dist) - sys.stdlib_module_names:
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            spec = None
        if spec is None:
            return f"Python does not find its module {name}"
        places = list(spec.submodule_search_locations or ()) or [spec.origin or ""]
        if not any(inside(Path(place), homes) for place in places):
            return f"Python finds its module {name} in {places[0]}"
    return ""


def modules(dist: importlib.metadata.Distribution) -> set[str]:
    """The top-level modules among the package's files."""
    found = set()
    for file in dist.files or ():
        first = file.parts[0]
        if len(file.parts) == 1 and file.suffix in SUFFIXES:
            found.add(first.partition(".")[0])
        elif len(file.parts) > 1 and file.parts[1] == "__init__.py":
            found.add(first)
    return {name for name in found if name.isidentifier()}


def inside(path: Path, homes: list[Path]) -> bool:
    real = path.resolve()  # what is linked into the environment counts as well
    return any(path.is_relative_to(home) or real.is_relative_to(home.resolve()) for home in homes)


def verify(root: Path, home: Path, *, shared: Path | None = None, course: bool = True) -> dict[str, str]:
    """The findings for the environment `home`, from its own interpreter.

    course: it must also import the course from `root`. shared: the environment whose packages `home` links to.
    """
    homes = [str(each) for each in (home, shared) if each is not None]
    python = [str(home / "bin" / "python"), "-I"]
    done = subprocess.run([*python, __file__, str(root), *homes], capture_output=True, text=True)
    if done.returncode:
        return {"python": f"cannot read its packages: {(done.stderr.strip().splitlines() or ['?'])[-1]}"}
    found = json.loads(done.stdout)
    if course:
        code = "import autograder; print(autograder.__file__)"
        place = subprocess.run([*python, "-c", code], capture_output=True, text=True).stdout.strip()
        if not place or not inside(Path(place), [root / "autograder"]):
            found["the course itself"] = f"is imported from {place}" if place else "cannot be imported"
    return found


if __name__ == "__main__":
    print(json.dumps(findings(Path(sys.argv[1]), [Path(each) for each in sys.argv[2:]])))
