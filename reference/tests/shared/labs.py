"""The code of a lab's notebook, as a test reads it."""

from __future__ import annotations

import json
from pathlib import Path


def code_lines(path: Path) -> list[str]:
    """Every line of every code cell, from top to end."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [line for source in sources for line in source.splitlines()]
