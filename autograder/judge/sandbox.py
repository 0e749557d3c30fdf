"""The sandbox: which bubblewrap command runs the worker, and what it can see.

Seen inside, all read-only: the system's libraries, the interpreter and its packages, the worker's own
files, the shared modules of the reference and the packages of earlier units, and the submission. Never:
checks, the unit's own reference, other submissions, a home folder, the network, the host's processes.
Writable: /tmp and /dev/shm, both of limited size, gone with the sandbox.

Tier "none" runs the same worker without any of that: for students, on their own machine, with their own code.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from autograder.course.units import Unit, course_root, find_units
from autograder.judge.seccomp import program

WORKER_FILES = (
    *(
        "__init__",
        "blame",
        "child",
        "memfile",
        "processes",
        "ranks",
        "submission",
        "values",
        "wire",
        "worker",
    ),
)
SHM_MB = 256  # MPICH crashes with less
NAMES = {
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "host.conf": "multi on\n",
}


@dataclass(frozen=True)
class Plan:
    """One sandbox to be: where the staged submission lies, and what may be seen beside it."""

    unit: Unit
    submission: Path  # the graded files, staged by the judge
    scratch: Path  # a folder of the judge's for this sandbox alone
    tier: str  # "bubblewrap" or "none"
    own_reference: bool = False  # True for the baseline alone
    disk_mb: int = 256
    threads: int = 1
    hidden: tuple[Path, ...] = field(default=())  # folders that must not be seen even where /usr holds them

    @property
    def folder(self) -> str:
        """Where the submission is inside."""
        return "/submission" if self.tier == "bubblewrap" else str(self.submission)

    @property
    def environment(self) -> dict[str, str]:
        """Everything the worker's environment holds; nothing is inherited."""
        tmp = "/tmp" if self.tier == "bubblewrap" else str(self.scratch / "tmp")
        code = (
            "/course"
            if self.tier == "bubblewrap"
            else os.pathsep.join((str(self.unit.root), str(course_root())))
        )
        threads = str(self.threads)
        found = {
            "PATH": os.pathsep.join((str(Path(sys.prefix, "bin")), "/usr/local/bin", "/usr/bin", "/bin")),
            "HOME": tmp,
            "TMPDIR": tmp,
            "USER": "student",
            "LOGNAME": "student",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONPATH": code,
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "NUMBA_CACHE_DIR": f"{tmp}/.numba",
            "MPLBACKEND": "Agg",
            "GLOO_SOCKET_IFNAME": "lo",
            "HYDRA_LAUNCHER": "fork",
            "FI_PROVIDER": "tcp",
        }
        for name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
            found[f"{name}_NUM_THREADS"] = threads
        if sysconfig.get_config_var("Py_ENABLE_SHARED") and not sys.base_prefix.startswith("/usr"):
            found["LD_LIBRARY_PATH"] = str(Path(sys.base_prefix, "lib"))
        if not Path("/sys/class/net/lo").exists():
            del found["GLOO_SOCKET_IFNAME"]  # macOS calls it lo0
        return found

    def filter(self) -> Path | None:
        """A file with the system-call filter, for bubblewrap to load."""
        code = program() if self.tier == "bubblewrap" else None
        if code is None:
            return None
        path = self.scratch / "seccomp.bpf"
        path.write_bytes(code)
        return path

    def command(self, control: int, seccomp: int | None = None) -> list[str]:
        """The worker's command; `control`, `seccomp`: descriptors of its socket and its filter."""
        uid = (
            secrets.randbelow(1 << 28) + (1 << 24) if self.tier == "bubblewrap" and os.geteuid() == 0 else -1
        )
        worker = [
            sys.executable,
            "-s",
            "-P",
            "-m",
            "autograder.judge.worker",
            str(control),
            self.tier,
            str(uid),
        ]
        if self.tier != "bubblewrap":
            (self.scratch / "tmp").mkdir(exist_ok=True)
            return worker
        filtered = ["--seccomp", str(seccomp)] if seccomp is not None else []
        return [bubblewrap(), *isolation(uid), *self.view(uid), *filtered, "--", *worker]

    def view(self, uid: int) -> list[str]:
        """The bubblewrap arguments that build the file system."""
        view = View(self.hidden)
        for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"):
            view.system(Path(name))
        view.bind(Path("/usr"))
        for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)):
            view.bind(Path(prefix))
        for name in ("/etc/ld.so.cache", "/etc/alternatives", "/sys/devices/system"):
            view.bind(Path(name), optional=True)
        for path in self.etc(uid if uid >= 0 else 1000):
            view.bind(path, Path("/etc", path.name))
        for path in self.reference_parts():
            view.bind(path, Path("/course/reference", path.name))
        code = Path(__file__).parent
        view.bind(code.parent / "__init__.py", Path("/course/autograder/__init__.py"))
        for name in WORKER_FILES:
            view.bind(code / f"{name}.py", Path("/course/autograder/judge", f"{name}.py"))
        view.bind(self.submission, Path("/submission"))
        view.mask()
        megabyte = 1 << 20
        shm = str(max(SHM_MB, self.disk_mb) * megabyte)
        return [
            *view.arguments,
            *("--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", shm, "--tmpfs", "/dev/shm"),
            *("--perms", "1777", "--size", str(self.disk_mb * megabyte), "--tmpfs", "/tmp"),
            *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"),
        ]

    def etc(self, uid: int) -> list[Path]:
        """The few files that name lookups want."""
        folder = self.scratch / "etc"
        folder.mkdir(exist_ok=True)
        people = {"passwd": f"student:x:{uid}:{uid}::/tmp:/bin/sh\n", "group": f"student:x:{uid}:\n"}
        for name, text in {**NAMES, **people}.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o644)
        return sorted(folder.iterdir())

    def reference_parts(self) -> list[Path]:
        """The shared modules, the packages of earlier units, and for the baseline the unit's own."""
        folder = self.unit.root / "reference"
        units = find_units(self.unit.root)
        names = {unit.name for unit in units if unit.number < self.unit.number}
        names |= {self.unit.name} if self.own_reference else set()
        packages = [folder / name for name in sorted(names)]
        return [*sorted(folder.glob("*.py")), *(path for path in packages if path.is_dir())]


class View:
    """Bubblewrap's file-system arguments, in order; parents are made readable, which bubblewrap does not."""

    def __init__(self, hidden: tuple[Path, ...]) -> None:
        self.arguments: list[str] = []
        self.bound: list[Path] = []
        self.made: set[Path] = {Path("/")}
        self.hidden = hidden

    def parents(self, path: Path) -> None:
        for parent in reversed(path.parents):
            covered = any(parent.is_relative_to(bound) for bound in self.bound)
            if parent not in self.made and not covered:
                self.arguments += ["--perms", "0755", "--dir", str(parent)]
                self.made.add(parent)

    def bind(self, path: Path, at: Path | None = None, *, optional: bool = False) -> None:
        at = at or path
        if optional and not path.exists():
            return
        if at == path and any(at.is_relative_to(bound) for bound in self.bound):
            return
        self.parents(at)
        self.arguments += ["--ro-bind", str(path), str(at)]
        self.bound.append(at)

    def system(self, path: Path) -> None:
        """/bin and its like: a link into /usr on most systems, a folder on others."""
        if path.is_symlink():
            self.arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            self.bind(path)

    def mask(self) -> None:
        """Cover what must not be seen where a bound folder holds it, for example a checkout below /usr."""
        for path in self.hidden:
            holders = [bound for bound in self.bound if path.is_relative_to(bound)]
            inner = [bound for bound in self.bound if bound.is_relative_to(path) and bound != path]
            if holders:
                self.arguments += ["--tmpfs", str(path)]
                for bound in inner:
                    self.arguments += ["--ro-bind", str(bound), str(bound)]


def isolation(uid: int) -> list[str]:
    """Namespaces and privileges. Root becomes `uid` in the worker, an ordinary user is mapped already."""
    spaces = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    common = [*spaces, "--hostname", "sandbox", "--die-with-parent", "--new-session", "--as-pid-1"]
    if uid >= 0:
        return [*common, "--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    user = ["--unshare-user", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"]
    return [*common, *user, *(["--disable-userns"] if "--disable-userns" in bubblewrap_help() else [])]


def bubblewrap() -> str:
    return shutil.which("bwrap") or "bwrap"


@cache
def bubblewrap_help() -> str:
    done = subprocess.run([bubblewrap(), "--help"], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def available() -> tuple[bool, str]:
    """Whether bubblewrap works here, and if not what to type."""
    if not sys.platform.startswith("linux"):
        return False, "bubblewrap needs Linux; on macOS or Windows grade in a Linux virtual machine or WSL 2"
    if shutil.which("bwrap") is None:
        return (
            False,
            "bubblewrap is not installed: sudo apt-get install bubblewrap (Fedora: dnf install bubblewrap)",
        )
    uid = 1 << 24 if os.geteuid() == 0 else -1
    probe = [bubblewrap(), *isolation(uid), "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"]
    done = subprocess.run(probe, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return True, ""
    return False, f"bubblewrap cannot start: {done.stderr.strip()[:300]}\n  to mend: {remedy()}"


def remedy() -> str:
    """What usually stands in the way of unprivileged namespaces."""
    switches = {
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": ("1", "=0"),
        "/proc/sys/kernel/unprivileged_userns_clone": ("0", "=1"),
        "/proc/sys/user/max_user_namespaces": ("0", "=15000"),
    }
    for path, (bad, good) in switches.items():
        file = Path(path)
        if file.exists() and file.read_text().strip() == bad:
            return f"sudo sysctl -w {path.removeprefix('/proc/sys/').replace('/', '.')}{good}"
    if Path("/.dockerenv").exists():
        return "start the container with --security-opt seccomp=unconfined --cap-add SYS_ADMIN"
    return "allow unprivileged user namespaces on this machine, or run as root"
