"""`./mlsys new-unit` makes all of a unit or nothing, and replaces nothing: refusals, failures and kills."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.authoring import new_unit as module
from autograder.authoring import unit_parts
from autograder.authoring.new_unit import RESERVED, new_unit, parts
from autograder.authoring.readme import listed, with_row
from autograder.core.units import CourseError, Unit, course_root, find_units
from autograder.tests.new_unit_frame import complete, contents, make_frame, nothing_left
from autograder.tests.tree import environment, mlsys


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_frame(tmp_path / "course")


@pytest.fixture
def untidy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ruff, which takes most of the time."""
    monkeypatch.setattr(unit_parts, "tidy", lambda unit: None)  # noqa: ARG005


@pytest.mark.parametrize(
    ("number", "name", "title", "message"),
    [
        ("7", "ring", None, r"two digits, like 07\n  got: '7'"),
        ("007", "ring", None, "two digits"),
        ("x7", "ring", None, "two digits"),
        ("١٧", "ring", None, "two digits"),
        ("17", "Ring", None, "small letters, digits and single underscores, like ring_buffer\n  got: 'Ring'"),
        ("17", "17_ring", None, r"like ring_buffer \(no number: that is 17\)"),
        ("17", "ring-buffer", None, "a wrong name"),
        ("17", "ring__buffer", None, "a wrong name"),
        ("17", "ring_", None, "a wrong name"),
        ("17", "../ring", None, "a wrong name"),
        ("17", "", None, "a wrong name"),
        ("17", "lambda", None, "a wrong name"),
        ("17", "r" * 25, None, "at most 24"),
        *(("17", name, None, f"folders of reference/\n  got: '{name}'") for name in sorted(RESERVED)),
        ("17", "ring", "", "a wrong title"),
        ("17", "ring", 'A "quoted" | title', "a wrong title"),
        ("17", "ring", "two\nlines", "a wrong title"),
        ("17", "ring", "{{ slug }}", "a wrong title"),
    ],
)
def test_words_that_do_not_fit(tmp_path: Path, number: str, name: str, title: str | None, message: str):
    with pytest.raises(CourseError, match=message):
        new_unit(tmp_path, number, name, title)
    assert list(tmp_path.iterdir()) == []


def test_every_folder_and_module_of_the_reference_is_reserved():
    reference = course_root() / "reference"
    names = {path.stem for place in (reference, reference / "benchmarks") for path in place.iterdir()}
    others = {name for name in names if name.isidentifier() and not name.startswith("_")}
    assert others - {unit.name for unit in find_units()} <= RESERVED


@pytest.mark.parametrize(
    ("number", "name", "message"),
    [
        ("17", "other", r"the number 17 is taken by 17_ring\n  the first free one: 00"),
        ("18", "ring", "the name ring is taken by 17_ring"),
        ("17", "ring", "there are files of 17_ring already"),
        ("18", "measure", "found: reference/tests/shared/test_measure.py"),
        ("18", "proofs", "found: autograder/tests/test_proofs.py"),
    ],
)
def test_what_is_taken(root: Path, number: str, name: str, message: str):
    for path in [*parts(Unit("17_ring", root)), Unit("17_ring", root).manifest]:
        path.mkdir(parents=True, exist_ok=True)
    before = contents(root)
    with pytest.raises(CourseError, match=message):
        new_unit(root, number, name)
    assert contents(root) == before
    assert nothing_left(root)


@pytest.mark.parametrize(
    "left",
    [
        "labs/17_ring.ipynb",
        "reference/ring/__init__.py",
        "reference/ring.py",
        "reference/lab/ring/drawing.py",
        "reference/tests/ring/test_x.py",
        "autograder/checks/17_ring/wrong/x.py",
        "assignments/17_ring/assignment.toml",
        "reference/benchmarks/ring/bench.py",
        "reference/benchmarks/records/ring.json",
        "work/17_ring/direct.py",
        "README.md",
    ],
)
def test_remains_of_a_unit_are_named_and_stay(root: Path, left: str):
    path = root / left
    path.parent.mkdir(parents=True, exist_ok=True)
    if left == "README.md":
        path.write_text(with_row(path.read_text(), Unit("17_old", root), "Old", "things"))
    else:
        path.write_text("mine\n")
    before = contents(root)
    with pytest.raises(CourseError, match="files of 17_ring already, and a new unit replaces") as caught:
        new_unit(root, "17", "ring")
    named = str(caught.value).partition("  found: ")[2].partition("\n")[0]
    assert named == "an entry for 17 in README.md" if left == "README.md" else left.startswith(named)
    assert contents(root) == before


def test_a_refusal_is_one_message(root: Path):
    (root / "labs/17_ring.ipynb").write_text("mine\n")
    for arguments, message in (
        (("17", "ring"), "files of 17_ring already"),
        (("1", "ring"), "two digits"),
    ):
        done = mlsys(root, "new-unit", *arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("mlsys: ")
        assert message in done.stderr
        assert "Traceback" not in done.stderr


def test_a_dangling_link_is_something_too(root: Path):
    (root / "slides/17_ring.md").symlink_to("nowhere")
    with pytest.raises(CourseError, match=r"found: slides/17_ring\.md"):
        new_unit(root, "17", "ring")


@pytest.mark.parametrize("mark", ["| no | unit |", "<!-- proofs:end -->"])
def test_a_readme_without_a_place_for_the_unit_changes_nothing(root: Path, mark: str):
    readme = root / "README.md"
    readme.write_text(readme.read_text().replace(mark, ""))
    before = contents(root)
    with pytest.raises(CourseError, match=r"README\.md: expected the "):
        new_unit(root, "17", "ring")
    assert contents(root) == before


@pytest.mark.usefixtures("untidy")
def test_units_stand_in_the_readme_in_the_order_of_their_numbers(root: Path):
    for number, name in (("17", "ring"), ("03", "three"), ("99", "last")):
        assert new_unit(root, number, name).slug == f"{number}_{name}"
    text = (root / "README.md").read_text()
    for shape in ("| {} | ", "| [{}_"):
        places = [text.index(shape.format(number)) for number in ("03", "17", "99")]
        assert places == sorted(places)
    assert "| 2 | 6 | 20 of 100 | 6 | 0 of 8 rows proved | not measured |\n" in text
    assert all(complete(unit) and listed(text, unit) for unit in find_units(root))
    with pytest.raises(CourseError, match="there is a unit 17_ring already"):
        new_unit(root, "17", "ring")


@pytest.mark.usefixtures("untidy")
def test_a_template_may_add_files_for_the_lab(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    templates = Path(shutil.copytree(unit_parts.TEMPLATES, tmp_path / "templates"))
    for place in ("reference/lab/NAME", "reference/tests/lab/NAME"):
        (templates / place).mkdir(parents=True)
        (templates / place / "__init__.py.j2").write_text('"""Of unit {{ number }}."""\n')
    monkeypatch.setattr(unit_parts, "TEMPLATES", templates)
    new_unit(root, "17", "ring")
    for place in ("reference/lab/ring", "reference/tests/lab/ring"):
        assert (root / place / "__init__.py").read_text() == '"""Of unit 17."""\n'


@pytest.mark.usefixtures("untidy")
@pytest.mark.parametrize("failing", range(1, 9))
def test_a_failure_at_any_move_puts_everything_back(
    root: Path, monkeypatch: pytest.MonkeyPatch, failing: int
):
    """1 to 7 move a part each; the README is the last step."""
    moves, rename = 0, Path.rename

    def no_space(path: Path, *_: object) -> None:
        raise OSError(28, "No space left on device", str(path))

    def move(this: Path, to: Path) -> Path:
        nonlocal moves
        moves += 1
        return no_space(to) if moves == failing else rename(this, to)  # pyright: ignore[reportReturnType]

    before = contents(root)
    if failing == 8:
        monkeypatch.setattr(module, "write_atomic", no_space)
    else:
        monkeypatch.setattr(Path, "rename", move)
    with pytest.raises(CourseError, match=r"cannot make unit 17_ring: .*No space left on device"):
        new_unit(root, "17", "ring")
    monkeypatch.undo()
    assert contents(root) == before
    monkeypatch.setattr(unit_parts, "tidy", lambda unit: None)  # noqa: ARG005
    assert complete(new_unit(root, "17", "ring"))
    assert nothing_left(root)


KILLED = """
import os, signal, sys
from pathlib import Path
from autograder.authoring import new_unit as module, unit_parts

steps = 0

def step():
    global steps
    steps += 1
    if steps == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

def rename(this, to):
    step()
    os.rename(this, to)

def write(path, text, kept=module.write_atomic):
    step()
    kept(path, text)
    step()

Path.rename, module.write_atomic, unit_parts.tidy = rename, write, lambda unit: step()
module.new_unit(Path(sys.argv[1]), "17", "ring")
"""


@pytest.mark.slow
@pytest.mark.usefixtures("untidy")
@pytest.mark.parametrize(
    "step", [1, 3, 9, *(pytest.param(step, marks=pytest.mark.exhaustive) for step in (2, 6, 8, 10))]
)
def test_a_kill_damages_nothing_and_the_next_run_goes_on_or_names_what_is_left(root: Path, step: int):
    """1: while it writes. 2 to 8: before each move. 9 and 10: before and after the README."""
    before = contents(root)
    command = [sys.executable, "-P", "-c", KILLED, str(root), str(step)]
    done = subprocess.run(
        command, cwd=root, env=environment(root), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    after = contents(root)
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed == ({"README.md"} if step == 10 else set())
    unit = Unit("17_ring", root)
    if step <= 2:
        assert after == before, "nothing has moved yet"
        assert complete(new_unit(root, "17", "ring"))
    elif step == 10:
        assert complete(unit)
    else:
        with pytest.raises(CourseError, match="there are files of 17_ring already") as caught:
            new_unit(root, "17", "ring")
        named = str(caught.value).partition("found: ")[2].partition("\n")[0].split(", ")
        assert named == [path.relative_to(root).as_posix() for path in parts(unit) if path.exists()]
        assert contents(root) == after
    assert step == 10 or nothing_left(root)


def test_two_at_once_do_not_mix(root: Path):
    shop = root / "build/new-unit"
    shop.mkdir(parents=True)
    held = os.open(shop, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(CourseError, match=r"another \./mlsys new-unit is running here"):
        new_unit(root, "17", "ring")
    os.close(held)
    assert complete(new_unit(root, "17", "ring"))
