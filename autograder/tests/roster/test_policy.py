"""Deadlines, extensions and what lateness costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autograder.core.units import CourseError
from autograder.roster.lateness import days_late, due, penalty
from autograder.roster.policy import Policy, PolicyError, load_policy, parse_moment
from autograder.roster.standing import Person

ADA = Person(id="s1", name="Ada", repository="/a")
BOB = Person(id="s2", name="Bob", repository="/b", group="team")
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def load(tmp_path: Path, text: str) -> Policy:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    return load_policy(path, (ADA, BOB))


def test_extensions_are_days_of_the_calendar(tmp_path: Path):
    """Europe's clocks change on 25 October 2026: noon stays noon."""
    policy = load(
        tmp_path,
        """
        deadline = 2026-10-24T12:00:00
        timezone = "Europe/Zurich"
        [[extension]]
        person = "s1"
        days = 2
        [[extension]]
        group = "team"
        deadline = 2026-10-25T00:00:00Z
        reason = "a broken laptop"
        """,
    )
    assert policy.deadline_of(ADA) == datetime(2026, 10, 26, 11, tzinfo=UTC)
    assert policy.deadline_of(BOB) == datetime(2026, 10, 25, tzinfo=UTC)
    assert policy.deadline_of(ADA.model_copy(update={"id": "s9"})) == datetime(2026, 10, 24, 10, tzinfo=UTC)


def test_an_extension_never_shortens_the_time(tmp_path: Path):
    text = 'deadline = 2026-11-30T12:00:00Z\n[[extension]]\nperson = "s1"\ndeadline = 2026-11-01T12:00:00Z\n'
    assert load(tmp_path, text).deadline_of(ADA) == NOON


def test_every_wrong_field_is_named_with_its_line(tmp_path: Path):
    text = """deadline = 2026-11-30T23:59:00

[late]
points_a_day = -1
percent_a_day = 3
forgiveness = 1

[[extension]]
person = "s9"
days = 3
deadline = 2026-11-30

[[extension]]
group = "nobody"
days = "x"
"""
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, text)
    told = str(caught.value)
    for line, words in (
        (1, "deadline: expected a date and a time with an offset"),
        (3, "late: expected one of points_a_day and percent_a_day"),
        (4, "late points_a_day: expected a number of points, at least 0, got '-1'"),
        (6, "late forgiveness: expected one of the keys points_a_day"),
        (9, "extension no. 1, person: expected one of the roster, got 's9'"),
        (11, "extension no. 1, deadline: expected a date and a time"),
        (14, "extension no. 2, group: expected one of the roster, got 'nobody'"),
        (15, "extension no. 2, days: expected a number of days above 0, got 'x'"),
    ):
        assert f"policy.toml:{line}: {words}" in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deadline = ", "policy.toml:1: expected TOML"),
        ("late = 3", "expected a table"),
        ("[late]\n", "expected one of points_a_day and percent_a_day"),
        ('timezone = "Mars/Base"', "expected a time zone"),
        ('[[extension]]\nperson = "s1"\ngroup = "team"\ndays = 1', "expected a person or a group"),
        ("[late]\npoints_a_day = inf", "expected a number of points"),
        ("[late]\npoints_a_day = true", "expected a number of points"),
    ],
)
def test_a_policy_that_cannot_be_used(tmp_path: Path, text: str, expected: str):
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, text)
    assert expected in str(caught.value)


def test_a_deadline_on_the_command_line_needs_its_zone():
    assert parse_moment("2026-11-30T13:00+01:00") == NOON
    for text in ("2026-11-30T13:00", "tomorrow", "2026-11-30"):
        with pytest.raises(CourseError, match="--deadline"):
            parse_moment(text)


def policy(**late: float) -> Policy:
    return Policy.model_validate({"deadline": NOON, "late": late or None})


@pytest.mark.parametrize(
    ("minutes", "days"),
    [(-1, 0), (0, 0), (10, 0), (10.02, 1), (10 + 1440, 1), (10 + 1440.02, 2), (10 + 3 * 1440, 3)],
)
def test_started_days_after_the_grace_period(minutes: float, days: int):
    rules = policy(points_a_day=1, grace_minutes=10)
    assert days_late(rules, due(rules, ADA), NOON + timedelta(minutes=minutes)) == days


@pytest.mark.parametrize(
    ("late", "days", "points", "off"),
    [
        ({"points_a_day": 5}, 2, 80, 10),
        ({"points_a_day": 5, "cap": 7}, 2, 80, 7),
        ({"points_a_day": 5}, 2, 3, 3),  # never below zero
        ({"percent_a_day": 10}, 3, 80, 30),  # of what can be had, here 100
        ({"percent_a_day": 10, "cap": 25}, 9, 80, 25),
        ({"percent_a_day": 12.5}, 1, 80, 12.5),
        ({"points_a_day": 5}, 0, 80, 0),
        ({}, 4, 80, 0),
    ],
)
def test_what_a_day_costs(late: dict[str, float], days: int, points: int, off: float):
    assert penalty(policy(**late), days, points, 100) == off


def test_when_nothing_more_is_accepted():
    assert due(policy(), ADA).closes == NOON, "without a late policy the deadline is the end"
    assert due(policy(points_a_day=1), ADA).closes is None
    assert due(policy(points_a_day=1, accepted_days=2), ADA).closes == NOON + timedelta(days=2)
    assert due(Policy.model_validate({}), ADA).closes is None
