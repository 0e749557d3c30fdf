"""Find passages that two submissions share and the starter does not have.

Fingerprints are copydetect's (winnowed k-grams of the token stream: names, strings, comments and spaces do not
count) [Schleimer, Wilkerson, Aiken: Winnowing, SIGMOD 2003]. K-grams of the starter and of the given files are
removed, and those that many submissions share. The result is a list of pairs to read; it changes no grade.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import copydetect
import numpy as np

NOISE = 25  # characters of filtered code: a shorter match is not looked at
SHORTEST = 2 * NOISE  # in all: below it, a match may be the starter's own code around a few characters
GUARANTEE = 30  # a match of this length is always found
COMMON = 0.2  # a passage in more than this share of the class (and in more than ten) is common knowledge
CONTEXT = 2  # lines around a passage


@dataclass(frozen=True)
class Work:
    """One submission: its author, and its modules."""

    name: str
    files: dict[str, str]


@dataclass(frozen=True)
class SourceLine:
    """One line of an excerpt; pieces are (text, shared)."""

    number: int
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Excerpt:
    """The shared lines of one side with some around them; None marks omitted lines."""

    lines: tuple[SourceLine | None, ...]


@dataclass(frozen=True)
class Pair:
    """Two submissions and one module. shares: the part of each that the other has, 0 to 1, without the starter."""

    module: str
    left: str
    right: str
    shares: tuple[float, float]
    length: int  # characters of filtered code
    excerpts: tuple[Excerpt, Excerpt]


def compare(
    works: list[Work],
    starter: dict[str, str],
    *,
    least: float = 0.3,
    most: int = 100,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Pair]:
    """The pairs that share at least `least` of one side, the longest common text first; at most `most`.

    Costs about 30 ms a file of a hundred lines, and 70 microseconds a pair that has a passage in common.
    """
    found = []
    for module in sorted({name for work in works for name in work.files}):
        progress(module)
        prints = fingerprints(module, works, starter)
        for left, right in combinations(sorted(prints), 2):
            if prints[left].hashes.isdisjoint(prints[right].hashes):
                continue
            length, shares, slices = copydetect.compare_files(prints[left], prints[right])
            if length >= SHORTEST and max(shares) >= least:
                found.append((int(length), module, left, right, shares, slices, prints))
    found.sort(key=lambda each: (-each[0], each[1:4]))
    return [
        Pair(
            module=module,
            left=left,
            right=right,
            shares=(min(float(shares[0]), 1.0), min(float(shares[1]), 1.0)),
            length=length,
            excerpts=(
                excerpt(prints[left].raw_code, slices[0]),
                excerpt(prints[right].raw_code, slices[1]),
            ),
        )
        for length, module, left, right, shares, slices, prints in found[:most]
    ]


def fingerprints(
    module: str, works: list[Work], starter: dict[str, str]
) -> dict[str, copydetect.CodeFingerprint]:
    """Submission -> the fingerprint of its module, without k-grams of the starter or of many submissions."""
    known: set[int] = set()
    for text in starter.values():
        known |= fingerprint(module, text, window=1).hashes
    found = {work.name: fingerprint(module, work.files[module]) for work in works if module in work.files}
    counts = Counter(value for each in found.values() for value in each.hashes)
    limit = max(10, COMMON * len(works))
    known |= {value for value, count in counts.items() if count > limit}
    for each in found.values():
        forget(each, known)
    return {name: each for name, each in found.items() if each.hashes}


def fingerprint(module: str, text: str, window: int = GUARANTEE - NOISE + 1) -> copydetect.CodeFingerprint:
    """copydetect's fingerprint of a text, in the form in which its tokenizer counts characters."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff").lstrip("\n")
    return copydetect.CodeFingerprint(module, NOISE, window, language="python", fp=io.StringIO(plain))


def forget(found: copydetect.CodeFingerprint, known: set[int]) -> None:
    """Remove known k-grams from a fingerprint, and from the length that its shares refer to.

    (The package's own way, `boilerplate`, expects every k-gram of a file once.)
    """
    found.hashes -= known
    found.hash_idx = {value: places for value, places in found.hash_idx.items() if value in found.hashes}
    covered = np.zeros(len(found.filtered_code) + NOISE, dtype=bool)
    for places in found.hash_idx.values():
        for place in places:
            covered[place : place + NOISE] = True
    found.token_coverage = np.float64(covered.sum())


def excerpt(text: str, slices: np.ndarray) -> Excerpt:
    """The lines of `text` with a character in one of the slices (starts, ends), and CONTEXT lines around."""
    shared = np.zeros(len(text) + 1, dtype=bool)
    for start, end in zip(slices[0], slices[1], strict=True):
        shared[int(start) : int(end)] = True
    lines, at, marked = text.split("\n"), 0, []
    for number, line in enumerate(lines, 1):
        marked.append(SourceLine(number, pieces(line, shared[at : at + len(line)])))
        at += len(line) + 1
    hits = [
        index for index, line in enumerate(marked) if any(flag and text.strip() for text, flag in line.pieces)
    ]
    wanted = {near for hit in hits for near in range(hit - CONTEXT, hit + CONTEXT + 1)}
    kept: list[SourceLine | None] = []
    for index, line in enumerate(marked):
        if index in wanted:
            kept.append(line)
        elif not kept or kept[-1] is not None:
            kept.append(None)
    return Excerpt(tuple(kept))


def pieces(line: str, shared: np.ndarray) -> tuple[tuple[str, bool], ...]:
    """A line, split where it changes from shared to own."""
    found: list[tuple[str, bool]] = []
    for char, flag in zip(line, shared, strict=True):
        if found and found[-1][1] == bool(flag):
            found[-1] = (found[-1][0] + char, bool(flag))
        else:
            found.append((char, bool(flag)))
    return tuple(found)
