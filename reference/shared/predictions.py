"""Save a student's guesses before the first measurement, for an honest comparison at the end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Prediction:
    """Guesses by name, their author, and the time at which they were saved ("" for a guess that is not saved)."""

    values: dict[str, float]
    whose: str
    written: str = ""
    note: str = ""

    def __str__(self) -> str:
        width = max(map(len, self.values))
        lines = [f"  {name:<{width}}  {value:g}" for name, value in self.values.items()]
        when = f", written down {self.written}" if self.written else ""
        return "\n".join([f"{self.whose}{when}", *lines, *([self.note] if self.note else [])])


def keep_prediction(
    name: str,
    guesses: Mapping[str, float],
    *,
    blind: Mapping[str, float],
    path: Path | str = "predictions.json",
) -> Prediction:
    """Save `guesses` to `path` under `name`, once; later calls return the saved guesses.

    A guess equal to `blind`, the course's own, is returned but not saved, so that you can run the notebook without
    typing a guess. Raises ValueError for a guess that is not a positive number or has other names, and for a file
    with other content.
    """
    values = _checked(guesses, blind)
    path = Path(path)
    kept = _read(path)
    if name in kept:
        entry = kept[name]
        old = {step: float(value) for step, value in entry["values"].items()}
        if list(old) != list(blind):
            raise ValueError(
                f"{path.name} holds a prediction for other steps; delete its entry {name!r} to start again"
            )
        changed = old != values and values != dict(blind)
        note = f"Your first guess counts. To guess again, delete {path.name}." if changed else ""
        return Prediction(old, "your guess", entry["written"], note)
    if values == dict(blind):
        return Prediction(
            values,
            "the course's blind guess",
            note="These are not your guesses yet: change the numbers above.",
        )
    written = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    kept[name] = {"written": written, "values": values}
    draft = path.with_name(path.name + ".part")
    draft.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path)
    return Prediction(values, "your guess", written, f"Saved in {path.name}.")


def _checked(guesses: Mapping[str, float], blind: Mapping[str, float]) -> dict[str, float]:
    if list(guesses) != list(blind):
        raise ValueError(
            f"expected one guess for each of {', '.join(blind)}; got {', '.join(guesses) or 'none'}"
        )
    for step, value in guesses.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 < value < float("inf"):
            raise ValueError(
                f"the guess for {step} must be a number above 0, such as 3 or 0.8; got {value!r}"
            )
    return {step: float(value) for step, value in guesses.items()}


def _read(path: Path) -> dict:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ValueError(f"{path.name} is not JSON ({error}); fix it, or delete it to guess again") from None
    fine = isinstance(kept, dict) and all(
        isinstance(entry, dict)
        and isinstance(entry.get("values"), dict)
        and isinstance(entry.get("written"), str)
        for entry in kept.values()
    )
    if not fine:
        raise ValueError(f"{path.name} does not hold predictions; delete it to guess again")
    return kept
