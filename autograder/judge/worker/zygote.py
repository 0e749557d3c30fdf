"""The zygote: the first process of a sandbox. It imports what the unit preloads, then forks once a test.

    python -m autograder.judge.worker.zygote FD TIER UID

FD is its end of the control socket. It never runs student code itself: its forks do, each over a socket of
its own. Under bubblewrap it is process 1 of its namespace, so nothing inside can kill it, and one
kill(-1) ends whatever a test left behind, daemons included. Requests:

    {"op": "setup", "preload": [...], "folders": [...]}
                                          import those; answers {"ready": true, "absent": [modules],
                                          "closed": [what this user cannot read in the folders]}
    {"op": "fork", "config": {...}}       then three descriptors: socket, stdout, stderr
    {"op": "stop"} {"op": "continue"}     freeze and thaw every process of the test
    {"op": "end", "grace": s, "dump": b}  kill them all; answers {"exits": [wait status or null, ...]}
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import select
import shutil
import signal
import socket
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from autograder.judge.worker import caches, child
from autograder.judge.worker.processes import CHILD_SUBREAPER, DUMPABLE, PDEATHSIG, prctl, signal_descendants
from autograder.judge.worker.wire import Channel, ClosedError


class Zygote:
    """Forks test processes, and ends them."""

    def __init__(self, control: Channel, *, alone: bool) -> None:
        self.control = control
        self.alone = alone  # process 1 of its own namespace: kill(-1) reaches the test's processes only
        self.tests: list[int] = []
        self.exits: dict[int, int] = {}
        self.kept = set(scratch_entries())

    def serve(self) -> None:
        """Answer requests until the judge closes the control socket."""
        while True:
            while not select.select([self.control.sock], [], [], 0.2)[0]:
                self.reap()
            try:
                request, payload = self.control.receive()
            except ClosedError:
                self.kill(signal.SIGKILL)
                return
            payload.close()
            self.answer(request)

    def answer(self, request: dict[str, Any]) -> None:
        match request["op"]:
            case "setup":
                absent = preload(request["preload"])
                self.kept |= set(scratch_entries())
                gc.collect()
                gc.freeze()
                closed = [path for folder in request["folders"] for path in unreadable(folder)]
                self.control.send({"ready": True, "absent": absent, "closed": closed[:20]})
            case "fork":
                self.fork(request["config"])
            case "stop":
                self.kill(signal.SIGSTOP)
                self.control.send({})
            case "continue":
                self.kill(signal.SIGCONT)
                self.control.send({})
            case "end":
                self.control.send({"exits": self.end(request["grace"], dump=request["dump"])})

    def fork(self, config: dict[str, Any]) -> None:
        """Start a test process on the three descriptors that follow the request."""
        _, fds, _, _ = socket.recv_fds(self.control.sock, 1, 3)
        pid = os.fork()
        if pid:
            self.tests.append(pid)
            for fd in fds:
                os.close(fd)
            return
        try:
            self.control.sock.detach()  # the descriptor is closed below, with all others
            child.enter(fds, config)
        except BaseException as error:  # nothing may return into the zygote's loop
            with contextlib.suppress(BaseException):
                print(f"worker: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(70)

    def reap(self) -> None:
        """Collect the dead: orphans of the test belong to this process too."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self.tests:
                self.exits[pid] = status

    def kill(self, number: int) -> None:
        """Signal every process of the test."""
        if self.alone:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, number)
            return
        signal_descendants(os.getpid(), number)

    def end(self, grace: float, *, dump: bool) -> list[int | None]:
        """Kill the test's processes; the wait status of each that ended by itself within `grace` seconds."""
        deadline = time.monotonic() + grace
        self.reap()
        while len(self.exits) < len(self.tests) and time.monotonic() < deadline:
            time.sleep(0.002)
            self.reap()
        if dump:  # faulthandler in the test process prints where it is, even in compiled code
            for pid in set(self.tests) - set(self.exits):
                os.kill(pid, signal.SIGUSR1)
            time.sleep(0.05)
        ended: list[int | None] = [self.exits.get(pid) for pid in self.tests]
        while True:
            self.kill(signal.SIGKILL)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                break
        self.tests, self.exits = [], {}
        self.clean()
        return ended

    def clean(self) -> None:
        """Remove the files that the test left, so that the next test starts from the same state.

        If a test made that impossible, this raises, the sandbox ends, and the next test gets a new one.
        """
        for path in scratch_entries():
            if path not in self.kept:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
        caches.trim()


def scratch_entries() -> list[Path]:
    """The files in the sandbox's writable folders, except compiled kernels, which serve every test."""
    folders = [Path(os.environ["TMPDIR"])]
    if os.getpid() == 1:
        folders.append(Path("/dev/shm"))
    kept = caches.folders()
    return [p for folder in folders if folder.is_dir() for p in folder.iterdir() if p not in kept]


def unreadable(folder: str) -> list[str]:
    """The folders and files in there that this user cannot read: they would look like mistakes of the student."""
    if not os.access(folder, os.R_OK | os.X_OK):
        return [folder]
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]  # Python can do without
        found += [p for name in folders if not os.access(p := f"{place}/{name}", os.R_OK | os.X_OK)]
        found += [p for name in names if not os.access(p := f"{place}/{name}", os.R_OK)]
    return found


def preload(names: list[str]) -> list[str]:
    """Import the unit's preloads, once for each submission; returns those that are not there.

    A missing one fails the test that needs it, unless the judge has it: then the grader is at fault.
    """
    absent = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            try:
                importlib.import_module(name)
            except ModuleNotFoundError as error:
                absent += [name] if f"{name}.".startswith(f"{error.name}.") else []
            except ImportError:
                continue
    return absent


def main() -> None:
    fd, tier, uid = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if uid >= 0:  # started by root: become a user that owns nothing, under whom process limits bind
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    prctl(PDEATHSIG, signal.SIGKILL)
    prctl(CHILD_SUBREAPER, 1)
    prctl(DUMPABLE, 0)  # a test process may not read or change this one's memory
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    os.umask(0o077)
    control = Channel(socket.socket(fileno=fd))
    Zygote(control, alone=tier == "bubblewrap" and os.getpid() == 1).serve()


if __name__ == "__main__":
    main()
