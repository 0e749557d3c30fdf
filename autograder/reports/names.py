"""File names for people: safe on every file system, unique, and always the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}", re.ASCII)


def folder_names(ids: Iterable[str]) -> dict[str, str]:
    """Roster id -> a folder's name. An id that is a plain word stays as it is; any other gets a hash appended.

    Ids that differ only in case get a hash too, because some file systems ignore case.
    """
    ids = list(ids)
    folded = [each.casefold() for each in ids]
    names = {}
    for each, fold in zip(ids, folded, strict=True):
        plain = PLAIN.fullmatch(each) and not each.endswith(".") and folded.count(fold) == 1
        short = re.sub(r"[^A-Za-z0-9._@+-]+", "_", each).strip("._")[:40] or "student"
        names[each] = each if plain else f"{short}-{hashlib.sha256(each.encode()).hexdigest()[:10]}"
    return names
