"""A class in parts, put together again: the same grades as in one piece."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.core.manifest import unit_manifest
from autograder.core.units import CourseError
from autograder.reports.class_report import write_class
from autograder.roster.gradebook import Gradebook
from autograder.roster.shards import Shard, merge, parse_shard, part_file
from autograder.tests.judge.small_course import Course
from autograder.tests.roster.small_class import HALF, RIGHT, WRONG, Class, person

TEXTS = (RIGHT, HALF, WRONG, "def add(a, b):\n    raise ValueError\n")


def room(course: Course, out: Path) -> Class:
    people = []
    for number in range(9):
        course.write(f"class/p{number}/sums.py", TEXTS[number % 4])
        people.append(person(f"s{number}", str(course.root / f"class/p{number}")))
    course.write("class/team/sums.py", RIGHT)
    people += [person(name, str(course.root / "class/team"), "team") for name in ("t1", "t2")]
    return Class(course, people, out)


def book(course: Course, out: Path) -> Gradebook:
    return Gradebook(out / course.unit.slug)


@pytest.mark.slow
def test_three_shards_make_the_grades_of_one_run(course: Course, tmp_path: Path):
    manifest = unit_manifest(course.unit)
    whole = room(course, tmp_path / "whole").grade()
    outs = [tmp_path / f"part{index}" for index in (1, 2, 3)]
    sizes = []
    for index, out in enumerate(outs, 1):
        sizes.append(len(room(course, out).grade(shard=Shard(index, 3)).people))
    assert sum(sizes) == 11
    target, sources = book(course, tmp_path / "joined"), [book(course, out) for out in outs]
    with pytest.raises(CourseError, match="missing shards: 2 of 3"):
        merge(target, [sources[0], sources[2]], manifest, write_class)
    joined = merge(target, sources, manifest, write_class)
    name = "grades.json"
    assert (target.folder(joined.number) / name).read_bytes() == (whole.place / name).read_bytes()
    assert all(target.result(each.key) is not None for each in joined.people), "the entries came along"
    assert merge(target, sources, manifest, write_class).number == joined.number == 1, (
        "merging again changes nothing"
    )


@pytest.mark.slow
def test_shards_of_different_gradings_are_not_mixed(course: Course, tmp_path: Path):
    manifest = unit_manifest(course.unit)
    one, two = tmp_path / "one", tmp_path / "two"
    room(course, one).grade(shard=Shard(1, 2), seed=1)
    room(course, two).grade(shard=Shard(2, 2), seed=2)
    with pytest.raises(CourseError, match="a shard of another grading"):
        merge(book(course, tmp_path / "out"), [book(course, one), book(course, two)], manifest, write_class)
    part_file(book(course, two), Shard(2, 2)).write_text("{}")
    with pytest.raises(CourseError, match="expected a shard's file"):
        merge(book(course, tmp_path / "out"), [book(course, one), book(course, two)], manifest, write_class)
    with pytest.raises(CourseError, match="no shards in"):
        merge(book(course, tmp_path / "out"), [book(course, tmp_path / "nowhere")], manifest, write_class)


def test_a_shard_is_one_part_of_several():
    assert parse_shard("2/8") == Shard(2, 8)
    for text in ("", "0/8", "9/8", "2", "a/b", "2/", "-1/3", "1/0", "²/8"):
        with pytest.raises(CourseError, match="--shard"):
            parse_shard(text)


def test_every_repository_has_one_shard_and_a_group_stays_together():
    people = [person(f"s{n}", f"https://x.org/{n // 2}.git", f"g{n // 2}") for n in range(200)]
    shards = [Shard(index, 7) for index in range(1, 8)]
    where = {each.id: [shard.index for shard in shards if shard.has(each)] for each in people}
    assert all(len(found) == 1 for found in where.values())
    assert all(where[f"s{n}"] == where[f"s{n + 1}"] for n in range(0, 200, 2))
    assert len({found[0] for found in where.values()}) == 7
