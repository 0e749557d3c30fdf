"""Find work that may have been pushed in time although no fetch ran at the deadline."""

from __future__ import annotations

from datetime import datetime, timedelta

from autograder.roster.lateness import Due
from autograder.roster.receipts import Store

NEAR = timedelta(minutes=15)  # a look this long before the deadline, or later, is as good as one at it


def unwatched(store: Store, address: str, due: Due) -> tuple[datetime | None, datetime] | None:
    """(last fetch before, first receipt) of a commit received after the deadline, if the fetch before was long ago.

    Then it may have been pushed in time. None otherwise.
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
