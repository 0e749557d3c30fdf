"""`./mlsys new-unit` makes all of a unit or nothing, and writes over nothing: refusals and failures."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from autograder.authoring import new_unit as module
from autograder.authoring import unit_rooms
from autograder.authoring.new_unit import new_unit, rooms
from autograder.authoring.readme import listed, with_row
from autograder.core.units import CourseError, Unit, find_units
from autograder.tests.new_unit_frame import complete, contents, make_frame, nothing_left
from autograder.tests.tree import mlsys


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_frame(tmp_path / "course")


@pytest.fixture
def untidy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ruff, which takes most of the time."""
    monkeypatch.setattr(unit_rooms, "tidy", lambda unit: None)  # noqa: ARG005


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


@pytest.mark.parametrize(
    ("number", "name", "message"),
    [
        ("17", "other", r"the number 17 is taken by 17_ring\n  the first free one: 00"),
        ("18", "ring", "the name ring is taken by 17_ring"),
        ("17", "ring", "there is a unit 17_ring already"),
        ("18", "shared", r"something of 18_shared already.*\n  found: reference/shared"),
        ("18", "lab", "found: reference/lab"),
        ("18", "tests", "found: reference/tests"),
        ("18", "records", "found: reference/benchmarks/records"),
        ("18", "report", "found: reference/benchmarks/report.py"),
        ("18", "measure", "found: reference/tests/shared/test_measure.py"),
        ("18", "bite", "found: autograder/tests/test_bite.py"),
    ],
)
def test_what_is_taken(root: Path, number: str, name: str, message: str):
    for path in [*rooms(Unit("17_ring", root)), Unit("17_ring", root).manifest]:
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
        "reference/tests/ring/test_x.py",
        "autograder/checks/17_ring/wrong/x.py",
        "assignments/17_ring/assignment.toml",
        "reference/benchmarks/records/ring.json",
        "work/17_ring/direct.py",
        "README.md",
    ],
)
def test_remains_of_a_unit_are_named_and_left_alone(root: Path, left: str):
    path = root / left
    path.parent.mkdir(parents=True, exist_ok=True)
    if left == "README.md":
        path.write_text(with_row(path.read_text(), Unit("17_old", root), "Old", "things"))
    else:
        path.write_text("mine\n")
    before = contents(root)
    with pytest.raises(
        CourseError, match="something of 17_ring already, and a new unit writes over"
    ) as caught:
        new_unit(root, "17", "ring")
    named = str(caught.value).partition("  found: ")[2].partition("\n")[0]
    assert named == "an entry for 17 in README.md" if left == "README.md" else left.startswith(named)
    assert contents(root) == before


def test_a_refusal_is_one_message(root: Path):
    (root / "labs/17_ring.ipynb").write_text("mine\n")
    for arguments, message in (
        (("17", "ring"), "something of 17_ring already"),
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


@pytest.mark.parametrize("mark", ["| no | unit |", "<!-- bite:end -->"])
def test_a_readme_without_a_place_for_the_unit_changes_nothing(root: Path, mark: str):
    readme = root / "README.md"
    readme.write_text(readme.read_text().replace(mark, ""))
    before = contents(root)
    with pytest.raises(CourseError, match=r"README\.md: expected the "):
        new_unit(root, "17", "ring")
    assert contents(root) == before
    assert nothing_left(root)


@pytest.mark.usefixtures("untidy")
def test_units_stand_in_the_readme_in_the_order_of_their_numbers(root: Path):
    for number, name in (("17", "ring"), ("03", "three"), ("99", "last")):
        assert new_unit(root, number, name)[0].slug == f"{number}_{name}"
    text = (root / "README.md").read_text()
    for shape in ("| {} | ", "**{}_"):
        places = [text.index(shape.format(number)) for number in ("03", "17", "99")]
        assert places == sorted(places)
    assert "<!-- bite:begin -->\n**03_three**\n\n| submission |" in text
    assert all(complete(unit) and listed(text, unit) for unit in find_units(root))


def no_space(path: Path) -> OSError:
    return OSError(28, "No space left on device", str(path))


def fail_at(monkeypatch: pytest.MonkeyPatch, failing: range) -> None:
    """The renames with these numbers fail; 1 makes the unit ready, 2 to 8 move a room each."""
    moves = 0

    def move(this: Path, to: Path) -> Path:
        nonlocal moves
        moves += 1
        if moves in failing:
            raise no_space(to)
        os.rename(this, to)  # noqa: PTH104
        return to

    monkeypatch.setattr(Path, "rename", move)


@pytest.mark.usefixtures("untidy")
@pytest.mark.parametrize("failing", range(1, 10))
def test_a_failure_at_any_move_puts_everything_back(
    root: Path, monkeypatch: pytest.MonkeyPatch, failing: int
):
    def write(path: Path, _: str) -> None:
        raise no_space(path)

    before = contents(root)
    if failing == 9:  # the README, the last step
        monkeypatch.setattr(module, "write_atomic", write)
    else:
        fail_at(monkeypatch, range(failing, failing + 1))
    with pytest.raises(CourseError, match=r"cannot make unit 17_ring: .*No space left on device"):
        new_unit(root, "17", "ring")
    assert contents(root) == before
    assert nothing_left(root)


@pytest.mark.usefixtures("untidy")
@pytest.mark.parametrize("last", [5, 7, 99])
def test_what_cannot_even_be_put_back_is_finished_by_the_next_run(root: Path, last: int):
    with pytest.MonkeyPatch.context() as patched:
        fail_at(patched, range(5, last + 1))
        with pytest.raises(CourseError, match="No space left on device"):
            new_unit(root, "17", "ring")
    assert complete(new_unit(root, "17", "ring")[0])
    assert nothing_left(root)


def test_two_at_once_do_not_mix(root: Path):
    shop = root / "build/new-unit"
    shop.mkdir(parents=True)
    held = os.open(shop, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(CourseError, match=r"another \./mlsys new-unit is at work here"):
        new_unit(root, "17", "ring")
    os.close(held)
    assert complete(new_unit(root, "17", "ring")[0])
