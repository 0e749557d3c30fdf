"""The messages of a collective as arrows between ranks, with a slider over time."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from reference.shared.comm import Message
from reference.shared.plots.style import GREY, PALETTE

WIDTH, LANE, LEFT, TOP = 860, 56, 70, 34  # pixels
STEPS = 200  # positions of the slider

SCRIPT = """
(() => {
  const slider = document.currentScript.parentElement.querySelector('input');
  const box = slider.closest('figure');
  const show = () => {
    const now = Number(slider.value) / Number(slider.max);
    let sent = 0, arrived = 0;
    for (const arrow of box.querySelectorAll('g[data-start]')) {
      const started = Number(arrow.dataset.start) <= now, ended = Number(arrow.dataset.end) <= now;
      arrow.style.opacity = ended ? 1 : started ? 0.55 : 0.12;
      sent += started; arrived += ended;
    }
    const line = box.querySelector('line.now');
    const x = Number(line.dataset.left) + now * Number(line.dataset.width);
    line.setAttribute('x1', x); line.setAttribute('x2', x);
    box.querySelector('output').textContent =
      (now * Number(slider.dataset.microseconds)).toFixed(0) + ' µs: ' + sent + ' sent, ' + arrived + ' arrived';
  };
  slider.addEventListener('input', show); show();
})();
"""


@dataclass(frozen=True)
class Arrow:
    """One message, from the start of its send to the end of its receive, in seconds from the first message."""

    source: int
    to: int
    bytes: int
    start: float
    end: float


def arrows(messages: Sequence[Message]) -> list[Arrow]:
    """The messages of a recorded run, in the order of their starts: each send with its receive.

    The n-th send from one rank to another with a tag belongs to the n-th receive there.
    """
    received = defaultdict(list)
    for each in messages:
        if each.kind == "recv":
            received[each.source, each.to, each.tag].append(each)
    sends = sorted((each for each in messages if each.kind == "send"), key=lambda each: each.start)
    if not sends:
        return []
    zero, counts, found = sends[0].start, defaultdict(int), []
    for sent in sends:
        key = (sent.source, sent.to, sent.tag)
        matching = received[key]
        end = matching[counts[key]].end if counts[key] < len(matching) else sent.end
        counts[key] += 1
        found.append(Arrow(sent.source, sent.to, sent.bytes, sent.start - zero, end - zero))
    return found


class Timeline:
    """A drawing of `messages` for a notebook: one lane for each rank, one arrow for each message, a slider over time.

    title: the finding. Without scripts, the drawing shows all messages.
    Raises ValueError if there are no messages to draw.
    """

    def __init__(self, messages: Sequence[Message], *, title: str) -> None:
        self.arrows, self.title = arrows(messages), title
        if not self.arrows:
            raise ValueError(
                "expected at least one message; give launch(..., messages=log) a list, and draw it"
            )
        self.ranks = 1 + max(max(each.source, each.to) for each in self.arrows)
        self.seconds = max(each.end for each in self.arrows) or 1e-9

    @property
    def alt(self) -> str:
        """The drawing in words."""
        total = sum(each.bytes for each in self.arrows)
        what = f"{len(self.arrows)} messages with {total} bytes between {self.ranks} ranks"
        return f"{self.title}. Timeline of {what} in {self.seconds * 1e6:.0f} µs."

    def svg(self) -> str:
        """The drawing itself."""
        width, height = LEFT + WIDTH + 20, TOP + LANE * self.ranks
        parts = [
            f'<svg viewBox="0 0 {width} {height + 30}" width="100%" role="img" font-family="sans-serif" '
            f'font-size="13" aria-label="{html.escape(self.alt, quote=True)}">',
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z" fill="context-stroke"/></marker></defs>',
        ]
        for rank in range(self.ranks):
            y = TOP + LANE * rank
            parts.append(f'<text x="4" y="{y + 5}">rank {rank}</text>')
            parts.append(
                f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y}" y2="{y}" stroke="{GREY}" stroke-width="1"/>'
            )
        for each in self.arrows:
            start, end = each.start / self.seconds, each.end / self.seconds
            x1, x2 = LEFT + WIDTH * start, LEFT + WIDTH * end
            y1, y2 = TOP + LANE * each.source, TOP + LANE * each.to
            colour = PALETTE[each.source % len(PALETTE)]
            parts.append(
                f'<g data-start="{start:.4f}" data-end="{end:.4f}"><title>rank {each.source} to rank {each.to}: '
                f"{each.bytes} bytes, {each.start * 1e6:.0f} to {each.end * 1e6:.0f} µs</title>"
                f'<line x1="{x1:.1f}" y1="{y1}" x2="{x2:.1f}" y2="{y2}" stroke="{colour}" stroke-width="2" '
                'marker-end="url(#tip)"/></g>'
            )
        bottom = TOP + LANE * (self.ranks - 1) + 12
        parts.append(
            f'<line class="now" data-left="{LEFT}" data-width="{WIDTH}" x1="{LEFT + WIDTH}" x2="{LEFT + WIDTH}" '
            f'y1="{TOP - 16}" y2="{bottom}" stroke="black" stroke-dasharray="4 3"/>'
        )
        parts.append(f'<text x="{LEFT}" y="{height - 8}">0 µs</text>')
        parts.append(
            f'<text x="{LEFT + WIDTH}" y="{height - 8}" text-anchor="end">{self.seconds * 1e6:.0f} µs</text></svg>'
        )
        return "".join(parts)

    def _repr_html_(self) -> str:
        label = "time, from the first message to the last"
        return (
            f'<figure style="margin:0"><figcaption><b>{html.escape(self.title)}</b></figcaption>{self.svg()}'
            f'<label>{label} <input type="range" min="0" max="{STEPS}" value="{STEPS}" style="width:60%" '
            f'data-microseconds="{self.seconds * 1e6:.1f}"></label> <output></output>'
            f"<script>{SCRIPT}</script></figure>"
        )
