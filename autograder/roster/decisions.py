"""The instructor's decisions about open totals: grade the work that was found elsewhere, or let the zero stand.

A decision is a line of the gradebook's journal. It holds as long as the same work lies in the same place: a new push
that changes it opens the total again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from autograder.core.units import CourseError
from autograder.roster.choose import Choice
from autograder.roster.gradebook import Gradebook
from autograder.roster.standing import Person

TAKE, ZERO = "take", "zero"


def decide(
    book: Gradebook, people: Iterable[Person], choices: dict[str, Choice], new: dict[str, str]
) -> dict[str, Choice]:
    """The choices with the recorded decisions, and with new ones (id -> decision), which are recorded.

    Raises CourseError for a person who is unknown or whose total is not open, and for work that cannot be taken.
    """
    by_id = {person.id: person for person in people}
    for id, decision in new.items():
        if id not in by_id:
            raise CourseError(f"--{decision} {id}: expected an id of this grading, got an unknown one")
        choice = choices[by_id[id].repository]
        if not is_open(choice):
            raise CourseError(
                f"--{decision} {id}: expected a person whose total is open, got one with a submission"
            )
        if decision == TAKE and choice.offer.submission is None:
            raise CourseError(
                f"--take {id}: expected a file that can be graded\n  got: {choice.offer.text or choice.trouble}\n"
                f"  to try: --zero {id}, or ask for a new submission"
            )
    for id, decision in new.items():
        address = by_id[id].repository
        told = {"person": id, "repository": address, "decision": decision}
        book.journal.append("decided", **told, found=subject(choices[address]))
    known = recorded(book.journal)
    return {
        address: apply(choice, known.get((address, subject(choice)), ""))
        for address, choice in choices.items()
    }


def is_open(choice: Choice) -> bool:
    """True if the instructor has something to decide."""
    return bool(choice.offer.text) or choice.submission is None


def subject(choice: Choice) -> str:
    """The finding that a decision is about, with the content of what was found."""
    offered = choice.offer.submission
    return f"{choice.offer.text or choice.trouble} {offered.content if offered else ''}".strip()


def recorded(events: Iterable[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """(repository, finding) -> the last decision about it."""
    found = {}
    for event in events:
        if event["event"] == "decided":
            found[event.get("repository", ""), event.get("found", "")] = str(event.get("decision", ""))
    return found


def apply(choice: Choice, decision: str) -> Choice:
    """The choice after the decision; unchanged without one, or if nothing is open."""
    offer = choice.offer
    if not decision or not is_open(choice):
        return choice
    if decision == ZERO or offer.submission is None:
        return replace(choice, decision=ZERO)
    return replace(
        choice,
        submission=offer.submission,
        commit=offer.commit or choice.commit,
        received=offer.received or choice.received,
        trouble="",
        decision=TAKE,
    )
