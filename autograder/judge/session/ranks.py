"""The judge's side of `student.ranks`: one request, whose reply is checked before a check sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograder.core.result import Status
from autograder.judge.checking.form import expect_form, misfit
from autograder.judge.checking.rank_run import RECORD, RankMessage, RankRun
from autograder.judge.session.connection import Connection

MARGIN = 2.0  # seconds for the ranks to say where they are, before the test's own time is over


def run_ranks(
    connection: Connection,
    n: int,
    args: tuple[Any, ...],
    per_rank: Sequence[tuple[Any, ...]] | None,
    gives: Any,
    settings: dict[str, Any],
) -> RankRun:
    """See `Student.ranks`. settings: function, source, backend, keep and check of the request."""
    fresh = connection.remote is None
    remote = connection.connect()
    if not fresh:  # a process that has computed with torch cannot fork ranks that do
        remote = connection.fork()
    seconds = max(connection.left - MARGIN, 1.0)
    request = {"op": "ranks", "n": n, "seconds": seconds, **settings}
    ranks = None if per_rank is None else [list(each) for each in per_rank]
    connection.send(remote, request, [list(args), {"per_rank": ranks}])
    reply = connection.receive(remote)
    if type(reply) is not tuple or len(reply) != 3 or any(type(each) is not list for each in reply):
        connection.condemn(Status.PROTOCOL_ERROR, "a reply without values, arguments and messages")
    values, arguments, records = reply
    if len(values) != n or len(arguments) != n or any(type(each) is not list for each in arguments):
        connection.condemn(Status.PROTOCOL_ERROR, f"a reply that is not of {n} ranks")
    if found := next((found for each in records if (found := misfit(each, RECORD))), None):
        connection.condemn(Status.PROTOCOL_ERROR, f"a record of a message: {found.message}")
    for value in values:
        expect_form(value, gives)
    return RankRun(values, arguments, [RankMessage(*each) for each in records])
