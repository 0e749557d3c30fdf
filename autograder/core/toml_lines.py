"""Find the line of a key in a TOML file, for messages like "assignment.toml:31".

`tomllib` does not keep positions. This scanner finds only keys and headers, in text that `tomllib` has accepted; of a
value it needs only the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

KeyPath = tuple[str | int, ...]

HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
ASSIGNMENT = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
KEY = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
# What matters inside a value: strings (skipped whole), comments, and brackets that keep it open.
TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""'
    r"|'''.*?'''"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*|[\[\]{}]|\n",
    re.DOTALL,
)


def split_key(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in KEY.findall(dotted)]


def value_end(text: str, start: int) -> int:
    """The offset after the value that starts at `start`, including its line end."""
    depth = 0
    for token in TOKEN.finditer(text, start):
        mark = token.group()
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        elif mark == "\n" and depth <= 0:
            return token.end()
    return len(text)


def entries(text: str) -> Iterator[tuple[KeyPath, int]]:
    """Every header and every key outside inline tables, with its line number (from 1)."""
    table: KeyPath = ()
    counts: dict[KeyPath, int] = {}  # how many [[x]] were seen
    at = 0
    while at < len(text):
        line_end = text.find("\n", at) + 1 or len(text)
        line, number = text[at:line_end].rstrip("\n"), text.count("\n", 0, at) + 1
        if header := HEADER.match(line):
            table = ()
            parts = split_key(header.group(2))
            for place, part in enumerate(parts):
                table += (part,)
                last = place == len(parts) - 1
                if last and header.group(1) == "[[":
                    counts[table] = counts.get(table, 0) + 1
                if table in counts:
                    table += (counts[table] - 1,)
            yield table, number
        elif key := ASSIGNMENT.match(line):
            yield (*table, *split_key(key.group(1))), number
            line_end = value_end(text, at + key.end())
        at = line_end


class TomlLines:
    """`lines[("task", 2, "points")]` -> line number; an absent key gives its closest parent's line."""

    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        for path, number in entries(text):
            self.lines.setdefault(path, number)

    def __getitem__(self, path: KeyPath) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)
