"""A git server on this machine's loopback, and pushes to it: real repositories over the real protocol."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.tests.needs import absent

NOTHING = subprocess.DEVNULL


@dataclass
class GitServer:
    """`git daemon` over the bare repositories in `folder`."""

    folder: Path
    port: int

    def url(self, name: str) -> str:
        return f"git://127.0.0.1:{self.port}/{name}.git"

    def make(self, name: str) -> str:
        """An empty repository; its address."""
        place = self.folder / f"{name}.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(place)], check=True)
        return self.url(name)

    def push(
        self,
        name: str,
        files: dict[str, str | bytes],
        *,
        force: bool = False,
        date: int = 1_700_000_000,
        links: dict[str, str] | None = None,
    ) -> str:
        """A commit with just these files: on top of the last one, or with `force` in its place. Its name.

        date: what the commit claims, in seconds since 1970. links: path -> where it leads.
        """
        place = self.folder / f"{name}.git"
        if not place.exists():
            self.make(name)
        old = subprocess.run(
            ["git", "-C", str(place), "rev-parse", "-q", "--verify", "refs/heads/main"],
            stdout=NOTHING,
            stderr=NOTHING,
        )
        parent = b"from refs/heads/main^0\n" if old.returncode == 0 and not force else b""
        stream = b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 1\nx\n" % date + parent
        stream += b"deleteall\n"
        for path, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            stream += b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)
        for path, target in (links or {}).items():
            stream += b"M 120000 inline %s\ndata %d\n%s\n" % (path.encode(), len(target), target.encode())
        command = ["git", "-C", str(place), "fast-import", "--quiet", "--force"]
        subprocess.run(command, input=stream, check=True, stdout=NOTHING, stderr=NOTHING)
        done = subprocess.run(
            ["git", "-C", str(place), "rev-parse", "refs/heads/main"],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()


@contextlib.contextmanager
def git_server(folder: Path) -> Iterator[GitServer]:
    """Serve `folder`, which is made; the daemon is gone afterwards."""
    folder.mkdir(parents=True)
    port = free_port()
    command = ["git", "daemon", "--export-all", f"--base-path={folder}", "--reuseaddr"]
    process = subprocess.Popen(
        [*command, "--listen=127.0.0.1", f"--port={port}", str(folder)],
        start_new_session=True,
        stdout=NOTHING,
        stderr=NOTHING,
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                absent("git", "git daemon does not start: install git with its daemon")
            time.sleep(0.02)
        yield GitServer(folder, port)
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]
