"""Whose work may have been in time although nobody looked: what an instructor should know before grades go out."""

from __future__ import annotations

from datetime import datetime, timedelta

from autograder.roster.lateness import Due
from autograder.roster.receipts import Store

NEAR = timedelta(minutes=15)  # a look this long before the deadline, or later, is as good as one at it


def unwatched(store: Store, address: str, due: Due) -> tuple[datetime | None, datetime] | None:
    """(the look before, first sight) where a commit came after the deadline, and the look before was long ago.

    Then it may have been pushed in time. None where there is no such doubt.
    """
    if due.deadline is None:
        return None
    late = [receipt.at for receipt in store.of(address) if receipt.at > due.deadline]
    if not late:
        return None
    first = min(late)
    looks = [look.began for look in store.looks if look.until < first and address not in look.missed]
    looks += [receipt.at for receipt in store.of(address) if receipt.at < first]
    before = max(looks, default=None)
    return None if before is not None and before >= due.deadline - NEAR else (before, first)
