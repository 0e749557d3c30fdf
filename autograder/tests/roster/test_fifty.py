"""A class of fifty on a real git server: empty, unreachable, force-pushed, backdated, large, grouped, extended."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autograder.roster.policy import Policy
from autograder.tests.judge.small_course import Course
from autograder.tests.roster.gitserver import GitServer
from autograder.tests.roster.small_class import HALF, RIGHT, WRONG, Class, by_id, desk, person, points

pytestmark = pytest.mark.alone  # it uses every core

PLAIN = 38


def hand_in(server: GitServer) -> list:
    """Before the deadline: everybody who will ever hand in, but for the one who is late."""
    texts = (RIGHT, HALF, WRONG)
    for number in range(PLAIN):
        server.push(f"s{number:02}", desk(texts[number % 3] + f"# {number // 9}\n"))
    for name in ("forced", "worse", "backdated", "extended"):
        server.push(name, desk(HALF))
    server.push("team", desk(RIGHT))
    server.push("large", {**desk(RIGHT), "data.bin": os.urandom(2 << 20)})
    for name in ("empty1", "empty2", "late"):
        server.make(name)
    names = [f"s{number:02}" for number in range(PLAIN)]
    names += [
        "forced",
        "worse",
        "backdated",
        "extended",
        "large",
        "empty1",
        "empty2",
        "late",
        "none1",
        "none2",
    ]
    people = [person(name, server.url(name)) for name in names]
    return people + [person(name, server.url("team"), "team") for name in ("t1", "t2", "t3")]


@pytest.mark.slow
def test_fifty_repositories(course: Course, server: GitServer, tmp_path: Path):
    people = hand_in(server)
    assert len({each.repository for each in people}) >= 49
    room = Class(course, people, tmp_path / "out", megabytes=1)
    assert len(room.collect()) == 6  # three are empty, two are not there, one is large
    deadline = datetime.now(UTC)
    time.sleep(0.05)
    server.push("forced", desk(RIGHT), force=True)
    server.push("worse", desk(WRONG), force=True)
    server.push("backdated", desk(RIGHT), date=1_000_000_000)
    server.push("extended", desk(RIGHT))
    server.push("late", desk(RIGHT))
    room.collect()

    strict = room.grade(Policy.model_validate({"deadline": deadline}))
    graded = points(strict)
    expected = {0: 10, 1: 5, 2: 0}
    assert {name: graded[name] for name in list(graded)[:PLAIN]} == {
        f"s{number:02}": expected[number % 3] for number in range(PLAIN)
    }
    assert [graded[name] for name in ("forced", "worse", "backdated", "extended")] == [5, 5, 5, 5]
    assert [graded[name] for name in ("t1", "t2", "t3")] == [10, 10, 10]
    assert graded["large"] == 0
    assert [graded[name] for name in ("empty1", "empty2", "late", "none1", "none2")] == [None] * 5
    who = by_id(strict)
    assert who["t1"].result == who["t3"].result, "a group has one result"
    assert "nothing was received before" in who["late"].trouble

    rules = {
        "deadline": deadline,
        "late": {"points_a_day": 2},
        "extension": [{"person": "extended", "days": 1}],
    }
    lenient = room.grade(Policy.model_validate(rules))
    graded, who = points(lenient), by_id(lenient)
    assert [graded[name] for name in ("forced", "worse", "backdated", "late")] == [8, 0, 8, 8]
    assert [who[name].days_late for name in ("forced", "worse", "backdated", "extended")] == [1, 1, 1, 0]
    assert who["worse"].penalty == 0, "nobody gets less than nothing"
    assert graded["extended"] == 10
    assert datetime.fromisoformat(who["extended"].deadline) == deadline + timedelta(days=1)
    assert lenient.number == 2
    assert lenient.graded == 1, "all contents but the worse one were graded already"
