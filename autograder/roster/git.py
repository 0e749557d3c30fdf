"""Run git on untrusted repositories: within limits, without prompts, hooks or helpers.

Nothing is checked out: files are read from the object store, so that no filter, attribute, symbolic link or hook of
the repository has an effect.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from autograder.core.units import CourseError

PROTOCOLS = "file:git:http:https:ssh"
SETTINGS = (
    *("core.hooksPath=/dev/null", "core.fsmonitor=false", "core.fsync=all", "core.bigFileThreshold=1m"),
    *(
        "fetch.recurseSubmodules=false",
        "fetch.unpackLimit=1",
        "fetch.fsckObjects=false",
        "transfer.bundleURI=false",
    ),
    *(
        "gc.auto=0",
        "maintenance.auto=false",
        "pack.threads=1",
        "http.lowSpeedLimit=1000",
        "http.lowSpeedTime=30",
    ),
    *("safe.directory=*", "init.templateDir=", "advice.detachedHead=false"),
)
# dash and bash count files in blocks of 512 bytes. `timeout` ends git even when the grader is gone.
WRAPPER = 'ulimit -c 0; ulimit -f "$1"; ulimit -v "$2"; shift 2; exec timeout -k 5 "$@"'
LARGEST_OUTPUT = 16 << 20

running: set[subprocess.Popen[bytes]] = set()
guard = threading.Lock()


@dataclass(frozen=True)
class FetchLimits:
    """Limits of one git command."""

    megabytes: int = 100  # of one pack: what a fetch may bring
    seconds: float = 120
    memory_mb: int = 4096  # of address space


class GitError(Exception):
    """A failure of git; the message is its last line, or names the limit that ended it."""

    def __init__(self, message: str, *, timed_out: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out


def environment() -> dict[str, str]:
    """The instructor's environment, for their credentials, without variables that redirect git or ask questions."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    ssh = os.environ.get("GIT_SSH_COMMAND", "ssh")
    return found | {
        "GIT_ALLOW_PROTOCOL": PROTOCOLS,
        "GIT_ASKPASS": "true",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_SSH_COMMAND": f"{ssh} -oBatchMode=yes -oConnectTimeout=20",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        "SSH_ASKPASS_REQUIRE": "never",
    }


def git(*arguments: str, limits: FetchLimits, stdin: bytes = b"", keep: tuple[int, ...] = ()) -> bytes:
    """The output of one command. `keep`: descriptors that stay open in it, such as a lock.

    Raises GitError if it fails, takes too long, or prints more than 16 MB; CourseError without git.
    """
    for program in ("git", "timeout", "sh"):
        if shutil.which(program) is None:
            raise CourseError(
                f"the program {program} is not installed\n  to fix: sudo apt-get install git coreutils"
            )
    settings = [part for setting in SETTINGS for part in ("-c", setting)]
    blocks, kilobytes = limits.megabytes << 11, limits.memory_mb << 10
    command = ["sh", "-c", WRAPPER, "sh", str(blocks), str(kilobytes), str(limits.seconds), "git"]
    process = subprocess.Popen(
        [*command, *settings, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        pass_fds=keep,
        start_new_session=True,
    )
    with guard:
        running.add(process)
    try:
        output, errors = exchange(process, stdin)
    finally:
        kill(process)
        with guard:
            running.discard(process)
    if process.returncode in (124, 137):
        raise GitError(f"git took longer than {limits.seconds:g} s", timed_out=True)
    if process.returncode:
        raise GitError(last_word(errors) or f"git ended with code {process.returncode}")
    return output


def exchange(process: subprocess.Popen[bytes], stdin: bytes) -> tuple[bytes, bytes]:
    """The output of the process, up to the limit."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    errors, fd = bytearray(), process.stderr.fileno()

    def drain() -> None:
        while chunk := os.read(fd, 1 << 16):
            errors.extend(chunk[: max(0, (1 << 16) - len(errors))])

    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(stdin)
        process.stdin.close()
    output = process.stdout.read(LARGEST_OUTPUT + 1)
    if len(output) > LARGEST_OUTPUT:
        raise GitError("the repository has a folder with too many files")
    process.wait()
    reader.join(5)
    return output, bytes(errors)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End the command and every process that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def kill_all() -> None:
    """End every command of other threads, for Ctrl-C."""
    with guard:
        for process in running:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def last_word(errors: bytes) -> str:
    """The useful part of git's message, in one short line."""
    lines = [line.strip() for line in errors.decode(errors="replace").splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("fatal:", "error:", "ERROR:", "remote:"))] or lines
    text = told[0] if told else ""
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:300]


def safe_path(folder: Path) -> str:
    """A path for git's command line: absolute, so that it is never an option."""
    return str(folder.absolute())
