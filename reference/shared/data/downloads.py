"""Download a published file once: verified by checksum, resumed after an interruption, never half written."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MISSING = "it is missing"
CHUNK = 1 << 20  # bytes; large enough that hashing, not Python, is the cost


class DataError(RuntimeError):
    """A dataset is missing and cannot be downloaded; the message says what to do."""


@dataclass(frozen=True)
class RemoteFile:
    """One file as its authors published it. `urls` are tried in order."""

    name: str
    size: int  # bytes
    sha256: str
    urls: tuple[str, ...]


class _RefusedError(Exception):
    """A source did not deliver the file; the next one is tried."""


def problem_with(path: Path, file: RemoteFile) -> str | None:
    """Return the reason why the file at `path` is not `file`, or None. Cost: one read of the file."""
    if not path.is_file():
        return MISSING
    if path.stat().st_size != file.size:
        return f"it has {path.stat().st_size:,} bytes instead of {file.size:,}"
    with path.open("rb") as stream:
        got = hashlib.file_digest(stream, "sha256").hexdigest()
    return None if got == file.sha256 else f"its SHA-256 starts with {got[:12]} instead of {file.sha256[:12]}"


def fetch(file: RemoteFile, folder: Path, *, timeout: float = 20.0) -> Path:
    """Return the path of `file` inside `folder`; download it first if it is missing.

    `timeout` (seconds) limits each pause of the network, not the whole download. Several processes may call
    this at once: one downloads, the others wait. The name appears only when the content is right. The next
    call resumes an interrupted download (HTTP range request).

    Raises DataError if no source delivers the right bytes.
    """
    path = folder / file.name
    if problem_with(path, file) is None:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with _only_one(folder / f".{file.name}.lock"):
        here = problem_with(path, file)
        if here is None:
            return path
        part = folder / f".{file.name}.part"
        reasons = []
        for url in file.urls:
            try:
                _download(url, part, file, timeout)
                part.replace(path)
                return path
            except (_RefusedError, OSError, http.client.HTTPException) as error:
                reasons.append(f"{url.split('/')[2]}: {_short(error)}")
    there = [] if here == MISSING else [f"{file.name} is there but {here}"]
    raise DataError("; ".join(there + reasons))


def _download(url: str, part: Path, file: RemoteFile, timeout: float) -> None:
    """Complete `part` from `url` and verify it; delete a wrong part."""
    resumed = part.stat().st_size if part.exists() else 0
    if resumed > file.size:
        part.unlink()
        resumed = 0
    if resumed < file.size:
        resumed = _transfer(url, part, file, resumed, timeout)
    problem = problem_with(part, file)
    if problem is None:
        return
    if part.stat().st_size < file.size:
        raise _RefusedError(
            f"the connection ended early: {problem}"
        )  # keep the part: the next call resumes it
    part.unlink()
    if resumed:  # the older part may be wrong: try once more from the start
        _download(url, part, file, timeout)
        return
    raise _RefusedError(f"it sent another file than the published one: {problem}")


def _transfer(url: str, part: Path, file: RemoteFile, start: int, timeout: float) -> int:
    """Append to `part` from byte `start`; return where the server really started (0: from scratch)."""
    request = urllib.request.Request(url, headers={"User-Agent": "mlsys-course"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        answer = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        raise _RefusedError(f"HTTP {error.code}") from None
    with answer:
        continues = answer.status == 206 and (answer.headers["Content-Range"] or "").startswith(
            f"bytes {start}-"
        )
        if not continues:
            start = 0
        with part.open("ab" if continues else "wb") as out, _progress(file) as advance:
            advance(start)
            size = start
            while chunk := answer.read(CHUNK):
                size += len(chunk)
                if size > file.size:
                    out.truncate(0)
                    raise _RefusedError(f"it sends more than the published {file.size:,} bytes")
                out.write(chunk)
                advance(len(chunk))
    return start


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Hold `lock` (advisory, released by the system if the process dies)."""
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


@contextmanager
def _progress(file: RemoteFile) -> Iterator[Any]:
    """Show a progress bar on a terminal, one line elsewhere. Yields a function that takes the received bytes."""
    if file.size < CHUNK:
        yield lambda _: None
        return
    if not sys.stderr.isatty():
        print(f"downloading {file.name} ({file.size / 1e6:.0f} MB)", file=sys.stderr, flush=True)
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

    columns = ("{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(file.name, total=file.size)
        yield lambda count: progress.advance(task, count)


def _short(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(getattr(reason, "strerror", None) or reason or type(error).__name__)
