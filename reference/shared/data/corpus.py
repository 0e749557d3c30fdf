"""The source code of Python's standard library as a text for character models."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reference.shared.data.downloads import DataError

# Fixed, so that a model's vocabulary is the same with every Python version: 96 symbols.
VOCABULARY = "\n" + "".join(map(chr, range(32, 127)))
HELD_OUT = 10  # one file in ten is for validation

# Tables, generated text, tests, and modules that differ between machines of the same Python version.
LEFT_OUT = frozenset(
    (
        "__phello__", "__pycache__", "dist-packages", "distutils", "encodings", "ensurepip", "idle_test",
        "idlelib", "lib2to3", "msilib", "pydoc_data", "site-packages", "test", "tests", "turtledemo",
    )
)  # fmt: skip
MACHINE_FILES = ("_sysconfigdata", "config-")
UNKNOWN = 255
_CODE_OF_BYTE = np.full(128, UNKNOWN, np.uint8)
_CODE_OF_BYTE[[ord(symbol) for symbol in VOCABULARY]] = np.arange(len(VOCABULARY))


@dataclass(frozen=True)
class TextCorpus:
    """A text as character codes, split by file: no file is in both halves."""

    train: NDArray[np.uint8]  # (characters,), each an index in `vocabulary`
    validation: NDArray[np.uint8]
    vocabulary: str
    train_files: tuple[str, ...]  # relative to the standard library's folder, in reading order
    validation_files: tuple[str, ...]
    python: str  # "3.11.7": the corpus differs between versions

    def encode(self, text: str) -> NDArray[np.uint8]:
        """Return uint8 (len(text),). Raises ValueError that names the first character not in the vocabulary."""
        return encode(text)

    def decode(self, codes: NDArray[np.integer]) -> str:
        """Return the text of `codes` (any integer array, read flat). Raises ValueError for a code out of range."""
        codes = np.asarray(codes).reshape(-1)
        if codes.size and (codes.min() < 0 or codes.max() >= len(self.vocabulary)):
            raise ValueError(
                f"codes: expected 0 to {len(self.vocabulary) - 1}, got {codes.min()} to {codes.max()}"
            )
        return np.frombuffer(self.vocabulary.encode("ascii"), np.uint8)[codes].tobytes().decode("ascii")


def encode(text: str) -> NDArray[np.uint8]:
    """Return the codes of `text`, uint8 (len(text),). Raises ValueError for a character outside VOCABULARY."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    codes = np.where(points < 128, _CODE_OF_BYTE[points.clip(max=127)], UNKNOWN).astype(np.uint8)
    wrong = np.flatnonzero(codes == UNKNOWN)
    if wrong.size:
        raise ValueError(
            f"text[{wrong[0]}]: expected a newline or a printable ASCII character, got {text[wrong[0]]!r}"
        )
    return codes


def stdlib_text(*, characters: int | None = None, folder: Path | None = None) -> TextCorpus:
    """Load the source of Python's standard library, files in sorted order, tabs as four spaces.

    `characters` limits the number of characters, nine tenths of them for training (None: everything, about 8
    million). Files that are not ASCII are left out, and so are tests, tables and machine-dependent modules.
    Cost: about 1 s for everything.

    Raises DataError if this Python was installed without its source.
    """
    folder = folder or Path(sysconfig.get_path("stdlib"))
    limit = sys.maxsize if characters is None else characters
    room = [limit - limit // HELD_OUT, limit // HELD_OUT]
    halves: tuple[list[NDArray[np.uint8]], ...] = ([np.zeros(0, np.uint8)], [np.zeros(0, np.uint8)])
    files: tuple[list[str], ...] = ([], [])
    for number, (name, codes) in enumerate(_readable_files(folder)):
        half = number % HELD_OUT == HELD_OUT - 1
        if room[half]:
            halves[half].append(codes[: room[half]])
            files[half].append(name)
            room[half] -= halves[half][-1].size
        if not any(room):
            break
    if not files[0]:
        raise DataError(
            f"expected the source of Python's standard library in {folder}, found none; install a Python that has "
            "it, for example from python.org or with the package manager, and delete .venv"
        )
    train, validation = map(np.concatenate, halves)
    train.setflags(write=False)
    validation.setflags(write=False)
    version = ".".join(map(str, sys.version_info[:3]))
    return TextCorpus(train, validation, VOCABULARY, tuple(files[0]), tuple(files[1]), version)


def _readable_files(folder: Path) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield (name, codes) of every file of the corpus that contains only its vocabulary."""
    names = (path.relative_to(folder) for path in folder.rglob("*.py"))
    for name in sorted(filter(_belongs, names), key=str):
        raw = (folder / name).read_bytes()
        if raw.isascii() and raw.strip():
            text = "\n".join(raw.decode("ascii").expandtabs(4).splitlines()) + "\n"
            codes = _CODE_OF_BYTE[np.frombuffer(text.encode("ascii"), np.uint8)]
            if codes.max() < UNKNOWN:
                yield name.as_posix(), codes


def _belongs(name: Path) -> bool:
    return not any(part in LEFT_OUT or part.startswith(MACHINE_FILES) for part in name.parts)
