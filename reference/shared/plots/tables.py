"""Tables of results, in the columns of the papers that they are compared with."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from reference.shared.machine import Machine

# A number keeps its unit and its thousands when a narrow window breaks the line.
WHOLE = re.compile(r"(?<=\d) (?=[\d%A-Za-zµ×])")
NBSP, HYPHEN = "\u00a0", "\u2011"  # neither is a place to break a line
SPEEDUP = f"speed{HYPHEN}up"
COLUMNS = 72  # of text that a notebook beside an editor shows in one line
HEADER = ("version", "seconds", "GFLOPS", f"absolute {SPEEDUP}", f"relative {SPEEDUP}", "fraction of peak")


@dataclass(frozen=True)
class Table:
    """Rows of text under a header; numbers are set right. Shows itself in a notebook; `str()` is Markdown."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def __str__(self) -> str:
        rule = "|" + "---|" + "---:|" * (len(self.header) - 1)
        lines = ["| " + " | ".join(row) + " |" for row in (self.header, *self.rows)]
        return "\n".join([lines[0], rule, *lines[1:], *(["", self.note] if self.note else [])])

    def _repr_markdown_(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        def line(tag: str, row: tuple[str, ...]) -> str:
            left, right = "text-align:left", "text-align:right"
            cells = [
                f'<{tag} style="{right if i else left}">{escape(WHOLE.sub(NBSP, x))}</{tag}>'
                for i, x in enumerate(row)
            ]
            return f"<tr>{''.join(cells)}</tr>"

        body = "".join(line("td", row) for row in self.rows)
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        return f"<table><thead>{line('th', self.header)}</thead><tbody>{body}</tbody></table>{note}"


def ladder_table(rates: Mapping[str, float], *, peak: float, n: int, marked: Sequence[str] = ()) -> Table:
    """Leiserson's columns (Science 2020, Table 1) for an n x n product: rates and peak in FLOP/s.

    marked: versions that were timed at a smaller n; their seconds follow from their rate, and they get a
    star. Raises ValueError for no rates, a rate or peak that is not positive, or n < 1.
    """
    if not rates or n < 1 or not all(rate > 0 for rate in (*rates.values(), peak)):
        raise ValueError(f"ladder_table: expected positive rates, peak and n; got {dict(rates)}, {peak}, {n}")
    rows, first, before = [], next(iter(rates.values())), None
    for name, rate in rates.items():
        rows.append(
            (
                f"{name}{NBSP}*" if name in marked else name,
                seconds_text(2 * n**3 / rate),
                f"{rate / 1e9:.3g}" if rate < 1e11 else f"{rate / 1e9:.0f}",
                f"{rate / first:,.0f}".replace(",", " "),
                f"{rate / before:.1f}" if before else "–",
                f"{rate / peak:.2%}",
            )
        )
        before = rate
    note = "* timed at a smaller n: the seconds follow from the rate." if marked else ""
    return Table(HEADER, tuple(rows), note)


def seconds_text(seconds: float) -> str:
    """Two decimals, thousands apart: 25552.48 -> '25 552.48'."""
    return f"{seconds:,.2f}".replace(",", " ")


def show_machine(here: Machine) -> None:
    """Print the facts of a machine in lines that fit a narrow notebook; no line ends within a fact."""
    facts = str(here).replace(", ", "\n").replace(" ", NBSP).replace("\n", ", ")
    print("\n".join(textwrap.wrap(facts, COLUMNS)))
