"""What is written of a class: numbers that are right, files that say the same thing, text that stays text."""

from __future__ import annotations

import html as escapes
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.commands.check import save
from autograder.core.result import Status
from autograder.reports.class_report import class_files, class_page, write_class
from autograder.reports.names import folder_names
from autograder.reports.statistics import class_figures
from autograder.roster.standing import Standings
from autograder.tests.reports import sample
from autograder.tests.reports.characters import is_text
from reference.tests.effort import tries

CLASS = sample.small_class()
FILES = dict(class_files(CLASS, sample.manifest()))


class Page(HTMLParser):
    """The text, the links and the tags of a page; every tag is closed in order."""

    VOID = frozenset({"meta", "br", "rect", "line"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [str(value) for name, value in attrs if name in {"src", "href"}]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        del attrs
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_everything_is_written(tmp_path: Path):
    write_class(CLASS, tmp_path / "0001", sample.manifest())
    written = {
        path.relative_to(tmp_path / "0001").as_posix() for path in tmp_path.rglob("*") if path.is_file()
    }
    assert written == set(FILES)
    for path in ("class.html", "canvas.csv", "moodle.csv", "junit.xml", "gradescope/ada.json"):
        assert (tmp_path / "0001" / path).read_bytes() == FILES[path].encode()
    assert "students/bo/report.html" in written
    assert "students/bo/report.md" in written


def test_the_same_standings_give_the_same_bytes(tmp_path: Path):
    again = Standings.from_json(CLASS.to_json())
    assert dict(class_files(again, sample.manifest())) == FILES
    write_class(CLASS, tmp_path, sample.manifest())
    write_class(CLASS, tmp_path, sample.manifest())
    assert (tmp_path / "class.html").read_text(encoding="utf-8") == FILES["class.html"]


def test_the_figures_of_the_class():
    found = class_figures(CLASS)
    assert (found.people, found.graded, found.waiting) == (9, 8, 5)
    assert [task.submissions for task in found.tasks] == [7, 7], "a group counts once"
    add, scale = found.tasks
    assert (add.complete, add.written) == (3, 6)
    assert add.mean == pytest.approx((5 + 2 + 5 + 0 + 5 - 3 + 5 - 3 + 5) / 7)
    assert found.hardest == add
    assert scale.share == pytest.approx((4 + 1 + 4 + 0 + 3 + 4 + 4) / 28)
    assert sum(each.count for each in found.bins) == 8
    assert found.bins[-1].count == 2, "12 and 11 of 12 points"
    assert {each.status: (each.checks, each.submissions) for each in found.kinds} == {
        Status.NOT_IMPLEMENTED: (4, 1),
        Status.FAILED: (1, 1),
        Status.TIMEOUT: (1, 1),
        Status.ERROR: (1, 1),
        Status.CRASHED: (1, 1),
        Status.INFRA_ERROR: (1, 1),
    }
    first = found.checks[0]
    assert (first.name, first.lost, first.tried) == ("test_add_sums", 3, 6)


def test_equal_files_of_two_people_are_two_submissions():
    """Half a class that hands in the starter is half a class."""
    idle = sample.result(dict.fromkeys(sample.manifest().checks, Status.NOT_IMPLEMENTED))
    people = [sample.standing(sample.person(name), idle, key="starter") for name in ("Ada Ito", "Bo Chen")]
    found = class_figures(
        sample.standings(*people, sample.standing(sample.person("Cy Diaz"), sample.result()))
    )
    assert [(task.submissions, task.written) for task in found.tasks] == [(3, 1), (3, 1)]


def test_the_leaderboard_ranks_what_passed():
    [board] = class_figures(CLASS).boards
    assert (board.task, board.name, board.unit) == ("01.2", "speed beside NumPy", "x")
    assert [(each.place, each.names, each.value) for each in board.leaders] == [
        (1, "Ada Smith", 3.75),
        (2, "Cy Diaz, Dee Wang", 2.5),
    ]


def test_a_class_of_nobody_has_a_page():
    page = class_page(sample.standings(), sample.manifest())
    assert "0</b> people" in page
    assert "svg class" not in page


def test_the_class_page_names_what_needs_the_instructor():
    text = Page(FILES["class.html"]).text
    assert "Flo Kim (flo): not graded: no repository at https://git.example/flo" in text
    assert "Gus Roy (gus): the grader failed on a part; run ./mlsys grade again" in text
    assert "Cy Diaz (cy): 01.E: 2 by bob, 2026-11-21T09:00:00Z counts; it replaced 3 by eve" in text
    assert ".github/workflows/check.yml" in text
    assert "5 waiting for marks or a regrade" in " ".join(text.split())
    assert "The hardest task is 01.1 Add two lists" in text


def test_links_of_the_class_page_lead_to_reports():
    links = Page(FILES["class.html"]).links
    assert len(links) == 9
    assert set(links) <= set(FILES)


def test_the_histogram_has_words():
    page = FILES["class.html"]
    assert 'aria-label="How many people have which share of the points: 0 to 10 percent: 1' in page
    assert "<title>How many people" in page


def test_a_students_page_tells_the_whole_story():
    text = " ".join(Page(FILES["students/bo/report.html"]).text.split())
    for part in (
        "2.5 of 12 points",
        "1 day late",
        "2 points off",
        "Why does it need both?",
        "1.5 / 3",
        "says why a sum needs two operands",
        "What to look at first",
        "is it a sum?",
        "took longer than the time limit",
        "look for a loop that never ends",
    ):
        assert part in text, part
    assert "bob" not in text, "who graded is for the instructor"


def test_totals_wait_visibly():
    for path in ("students/dee/report.html", "students/dee/report.md"):
        assert "not final yet" in FILES[path]
        assert "01.E" in FILES[path]
    assert "not final" not in FILES["students/ada/report.html"]
    assert "the grader failed on a part and will run again" in FILES["students/gus/report.html"]
    assert "not final" in FILES["class.html"]


def test_nobody_graded_is_no_zero():
    for path in ("students/flo/report.html", "students/flo/report.md"):
        assert "Nothing was graded: no repository at" in escapes.unescape(FILES[path])


def test_a_hidden_check_tells_its_category_alone():
    """The instructor's files name it; those that a student sees do not."""
    for path, text in FILES.items():
        shown = path.startswith(("students/", "gradescope/"))
        assert ("scale_hidden_zeros" in text) == (path in {"class.html", "junit.xml"}), path
        assert not (shown and "hidden_zeros" in text)


@pytest.mark.parametrize("path", [path for path in FILES if path.endswith(".html")])
def test_pages_load_nothing_and_run_nothing(path: str):
    page = Page(FILES[path])
    assert not set(page.tags) & {"script", "iframe", "img", "link", "object", "form", "base"}
    assert "default-src 'none'" in FILES[path]
    assert all(link.startswith(("#task-", "students/")) for link in page.links)
    assert "\x1b" not in FILES[path]
    assert "\u202e" not in FILES[path]


TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    [
        sample.HOSTILE,
        "</script>",
        "<!--",
        "]]>",
        "::notice::x",
        "\x1b]0;x\x07",
        "{{ 7*7 }}",
        "{% raw %}",
        "=1+1",
    ]
)


@tries(40)
@given(TEXT, TEXT)
def test_any_text_stays_text_on_every_page(name: str, said: str):
    wrong = sample.result({"test_add_sums": Status.ERROR}, message=said, got=said, stdout=said, hint=said)
    who = sample.person("Ada Smith").model_copy(update={"name": name})
    people = sample.standings(
        sample.standing(who, wrong, sample.part(2, comment=said, replaced=(said,)), tampered=(said,)),
        sample.standing(who.model_copy(update={"id": "x"}), None, trouble=said),
    )
    plain = sample.standings(*people.people).model_copy(update={"people": SAME})
    files, expected = (
        dict(class_files(people, sample.manifest())),
        dict(class_files(plain, sample.manifest())),
    )
    for path, text in files.items():
        assert all(char in "\n\t\r" or is_text(char) for char in text), path
        if path.endswith(".html"):
            tags = Page(text).tags
            optional = {"dt", "dd", "dl", "pre", "code", "p", "details", "summary"}  # empty texts have no row
            kept = [tag for tag in tags if tag not in optional]
            assert kept == [tag for tag in Page(expected[path]).tags if tag not in optional], path


WORD = sample.result({"test_add_sums": Status.ERROR}, message="a", got="a", stdout="a", hint="a")
SAME = (
    sample.standing(
        sample.person("Ada"), WORD, sample.part(2, comment="a", replaced=("a",)), tampered=("a",)
    ),
    sample.standing(sample.person("Ada", id="x"), None, trouble="a"),
)


@given(TEXT)
def test_markdown_has_no_markup_of_a_submission(said: str):
    wrong = sample.result({"test_add_sums": Status.ERROR}, message=said, stdout=said, hint=said)
    people = sample.standings(
        sample.standing(sample.person("Ada"), wrong, sample.part(1, comment=said), tampered=(said,))
    )
    text = dict(class_files(people, sample.manifest()))["students/ada/report.md"]
    outside, fence = [], ""
    for line in text.split("\n"):
        if fence:
            fence = "" if line == fence else fence
        elif match := re.fullmatch(r"(`{3,})text", line):
            fence = match.group(1)
        else:
            outside.append(line)
    assert fence == "", "a block is left open"
    rest = "\n".join(outside)
    assert "<" not in rest
    assert "](" not in rest
    assert "![" not in rest
    assert "::" not in rest


def test_a_check_writes_its_report_in_both_forms(tmp_path: Path):
    """What the workflow asks for: a page to keep, and Markdown for the run's summary."""
    wrong = sample.result(
        {"test_add_sums": Status.FAILED, "test_scale_hidden_zeros": Status.FAILED}, hint="a sum?"
    )
    save(wrong, tmp_path / "check.html", as_page=True)
    save(wrong, tmp_path / "check.md", as_page=False)
    assert Page((tmp_path / "check.html").read_text()).text
    text = (tmp_path / "check.md").read_text()
    assert text.startswith("# 01&#95;tiny: 3 of 9 points\n")
    assert "a sum?" in text
    assert "| hidden check | ✗ failed | 0 / 3 |" in text
    assert "hidden_zeros" not in text


@given(st.lists(st.text(min_size=1, max_size=90), unique=True, max_size=6))
def test_names_of_folders_are_safe_and_different(ids: list[str]):
    names = folder_names(ids)
    assert len({name.casefold() for name in names.values()}) == len(ids)
    for name in names.values():
        assert re.fullmatch(r"[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*", name)
        assert len(name) <= 64


def test_names_of_ordinary_ids_stay():
    assert folder_names(["ada", "s-12@x.org"]) == {"ada": "ada", "s-12@x.org": "s-12@x.org"}
    names = folder_names(["Ada", "ada", "../up"])
    assert len({name.lower() for name in names.values()}) == 3
    assert "/" not in names["../up"]
