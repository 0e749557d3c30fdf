"""The files of a week's student tree, with their content; `student_tree.py` writes them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.core.manifest import Manifest, unit_manifest
from autograder.core.units import Unit, find_units
from autograder.release.public_checks import public_check_files, public_manifest
from autograder.release.starters import ReleaseError, starter_files

TEMPLATES = Path(__file__).parent / "student"
JUNK = {"__pycache__", ".ipynb_checkpoints", ".virtual_documents", "node_modules", "raw"}
NUMBERED = re.compile(r"(\d\d)_")
MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)


@dataclass(frozen=True)
class File:
    content: bytes
    mode: int = 0o644


def tree_files(unit: Unit) -> dict[str, File]:
    """Path in the student tree -> its file, for the week of `unit`, without `work/`.

    Raises ReleaseError if a file that students get imports a file that they do not get.
    """
    manifest = unit_manifest(unit)
    checks, hidden = public_check_files(unit)
    files = {**course_files(unit, manifest, hidden), **shared_folders(unit), **reference_files(unit)}
    files |= autograder_files(unit)
    place = f"assignments/{unit.slug}"
    for path in walk(unit.assignment):
        if path.suffix != ".py":
            files[f"{place}/{path.relative_to(unit.assignment).as_posix()}"] = read(path)
    files |= {f"{place}/{name}": File(content) for name, content in starter_files(unit).items()}
    files |= {f"autograder/checks/{unit.slug}/{name}": File(content) for name, content in checks.items()}
    files[f"{place}/assignment.toml"] = File(public_manifest(unit, manifest, hidden).encode())
    without_absent_imports(files, absent_packages(unit))
    return dict(sorted(files.items()))


def walk(folder: Path) -> Iterator[Path]:
    """Every file of `folder` except caches and the like, in order."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        junk = any(part in JUNK or part.startswith(".") for part in parts)
        if path.is_file() and not junk and path.suffix not in {".pyc", ".nbi", ".nbc"}:
            yield path


def read(path: Path) -> File:
    return File(path.read_bytes(), 0o755 if path.stat().st_mode & 0o100 else 0o644)


def course_files(unit: Unit, manifest: Manifest, hidden: set[str]) -> dict[str, File]:
    """The launcher, the pins, and the pages for students."""
    files = {
        name: read(unit.root / name)
        for name in ("mlsys", "pyproject.toml", "constraints.txt", "constraints-gpu.txt", "LICENSE")
        if (unit.root / name).exists()
    }
    more = sum(points for name, (_, points) in manifest.checks.items() if name in hidden)
    points = f"The checks here give {manifest.points - more} of the {manifest.points} points."
    points += f" Hidden checks, which your instructor runs, give the other {more}." if more else ""
    if manifest.manual:
        parts = ", ".join(f"{part.title} ({part.points})" for part in manifest.manual)
        points += f" People grade {manifest.manual_points} more: {parts}."
    words = {
        "@NUMBER@": unit.number,
        "@SLUG@": unit.slug,
        "@TITLE@": manifest.title,
        "@FIRST@": manifest.tasks[0].id,
        "@MODULES@": ", ".join(f"`{name}`" for name in manifest.modules),
        "@POINTS@": points,
    }
    for template, path in (
        ("README.md", "README.md"),
        ("AGENTS.md", "AGENTS.md"),
        ("check.yml", ".github/workflows/check.yml"),
        ("gitignore", ".gitignore"),
    ):
        text = (TEMPLATES / template).read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        files[path] = File(text.encode())
    return files


def shared_folders(unit: Unit) -> dict[str, File]:
    """Labs, slides and data, without files that have the number of a later unit."""
    files = {}
    for name in ("labs", "slides", "datasets"):
        for path in walk(unit.root / name):
            parts = path.relative_to(unit.root).parts
            numbers = [match.group(1) for part in parts if (match := NUMBERED.match(part))]
            if all(number <= unit.number for number in numbers):
                files["/".join(parts)] = read(path)
    return files


def earlier_names(unit: Unit) -> set[str]:
    return {each.name for each in find_units(unit.root) if each.number < unit.number}


def absent_packages(unit: Unit) -> set[str]:
    """The packages of `reference/` that students do not get: this unit's solution, and all of later units."""
    later = {each.name for each in find_units(unit.root) if each.number > unit.number}
    folders = ("", "lab.", "benchmarks.", "tests.", "tests.lab.")
    return {f"reference.{unit.name}"} | {f"reference.{folder}{name}" for folder in folders for name in later}


def reference_files(unit: Unit) -> dict[str, File]:
    """The files of `reference/` that go to students of this week, by folder.

    These are shared/, lab/ up to this unit, solutions and tests of earlier units, and benchmarks/ up to this unit.
    """
    home, earlier = unit.root / "reference", earlier_names(unit)
    handed_out = earlier | {unit.name}
    files = {}
    for path in walk(home):
        *folders, name = path.relative_to(home).parts
        match folders:
            case [] | ["lab" | "benchmarks" | "tests"] | ["tests", "lab"]:
                wanted = path.suffix == ".py"
            case ["shared", *_] | ["tests", "shared", *_]:
                wanted = True
            case ["benchmarks", "records"]:
                wanted = any(re.match(rf"{each}(_lecture)?\.", name) for each in handed_out)
            case ["lab" | "benchmarks", package, *_] | ["tests", "lab", package, *_]:
                wanted = package in handed_out
            case ["tests", package, *_] | [package, *_]:
                wanted = package in earlier
            case _:
                wanted = False
        if wanted:
            files[f"reference/{'/'.join((*folders, name))}"] = read(path)
    return files


def autograder_files(unit: Unit) -> dict[str, File]:
    """The command line and the judge, without checks, tests of the grader, and tools for authors of units."""
    home = unit.root / "autograder"
    left = [home / name for name in ("checks", "tests", "authoring/unit_template", "authoring/benchmark")]
    paths = [path for path in walk(home) if not any(path.is_relative_to(each) for each in left)]
    files = {path.relative_to(unit.root).as_posix(): read(path) for path in paths}
    package = home / "checks" / "__init__.py"
    return files | ({"autograder/checks/__init__.py": read(package)} if package.exists() else {})


def imports_of(path: str, content: bytes) -> set[str]:
    """Every module that a Python file or a notebook imports, with relative imports resolved."""
    if path.endswith(".ipynb"):
        cells = json.loads(content)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        text = MAGIC.sub("pass", "\n".join(source for source in sources if not source.startswith("%%")))
    else:
        text = content.decode()
    found: set[str] = set()
    package = path.rpartition("/")[0].split("/")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def without_absent_imports(files: dict[str, File], absent: set[str]) -> None:
    """Remove tests and benchmarks that import an absent package; raise ReleaseError for any other such file."""
    gone = set(absent)
    while True:
        for path, file in files.items():
            if not path.endswith((".py", ".ipynb")):
                continue
            try:
                imports = imports_of(path, file.content)
            except (SyntaxError, ValueError, KeyError) as error:
                raise ReleaseError(f"cannot read {path}: {error}") from None
            needed = {name for name in imports if any(f"{name}.".startswith(f"{each}.") for each in gone)}
            if needed and path.startswith(("reference/tests/", "reference/benchmarks/")):
                gone.add(path.removesuffix(".py").replace("/", "."))
                del files[path]
                break
            if needed:
                raise ReleaseError(
                    f"{path} imports {', '.join(sorted(needed))}\n"
                    "  expected: imports of files that students have in this week"
                )
        else:
            return
