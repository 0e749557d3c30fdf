"""Build the bubblewrap command that runs the worker, with the files that it can see.

Seen inside, all read-only: the system's libraries, the interpreter and its packages, the worker's own
files, the shared modules of the reference and the packages of earlier units, and the submission. Never:
checks, the unit's own reference, other submissions, a home folder, the network, the host's processes.
Writable: /tmp and /dev/shm, both of limited size, removed with the sandbox. A GPU is optional (gpu.py).

Tier "none" runs the same worker without a sandbox: for students, on their own machine, with their own code.
"""

from __future__ import annotations

import os
import secrets
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

from autograder.core.units import Unit, course_root
from autograder.judge.sandbox.gpu import Driver, variables
from autograder.judge.sandbox.isolation import available, bubblewrap, isolation
from autograder.judge.sandbox.seccomp import program
from autograder.judge.sandbox.staging import stage_course, stage_etc
from autograder.judge.sandbox.view import View

__all__ = ["SandboxPlan", "available"]

SHM_MB = 256  # MPICH crashes with less


@dataclass(frozen=True)
class SandboxPlan:
    """The plan of one sandbox: the staged submission, and the other visible files."""

    unit: Unit
    submission: Path  # the graded files, staged by the judge
    scratch: Path  # a folder of the judge's for this sandbox alone
    tier: str  # "bubblewrap" or "none"
    own_reference: bool = False  # True for the baseline alone
    disk_mb: int = 256
    threads: int = 1
    hidden: tuple[Path, ...] = field(default=())  # folders that must not be seen even where /usr holds them
    gpu: Driver | None = None  # what the submission may use; None: the simulators

    @property
    def folder(self) -> str:
        """The folder of the submission inside the sandbox."""
        return "/submission" if self.tier == "bubblewrap" else str(self.submission)

    @property
    def folders(self) -> list[str]:
        """The folders inside the sandbox that the worker must be able to read."""
        return [self.folder, *(["/course"] if self.tier == "bubblewrap" else [])]

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of the worker; nothing is inherited."""
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
            "UCX_LOG_LEVEL": "fatal",
            "UCX_TLS": "posix,cma,self",  # System V memory is denied, the network is not there
        }
        for name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
            found[f"{name}_NUM_THREADS"] = threads
        found |= variables(self.gpu, tmp)
        if sysconfig.get_config_var("Py_ENABLE_SHARED") and not sys.base_prefix.startswith("/usr"):
            others = found.get("LD_LIBRARY_PATH")
            found["LD_LIBRARY_PATH"] = os.pathsep.join(
                filter(None, (str(Path(sys.base_prefix, "lib")), others))
            )
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
        drop = self.tier == "bubblewrap" and os.geteuid() == 0
        uid = secrets.randbelow(1 << 28) + (1 << 24) if drop else -1
        module = ["-m", "autograder.judge.worker.zygote", str(control), self.tier, str(uid)]
        worker = [sys.executable, "-s", "-P", *module]
        if self.tier != "bubblewrap":
            (self.scratch / "tmp").mkdir(exist_ok=True)
            return worker
        filtered = ["--seccomp", str(seccomp)] if seccomp is not None else []
        return [bubblewrap(), *isolation(uid), *self.view(uid), *filtered, "--", *worker]

    def view(self, uid: int) -> list[str]:
        """The bubblewrap arguments that build the file system."""
        view = View(self.hidden)
        view.temporary(Path("/tmp"), self.disk_mb)  # before what is bound: a course may lie there
        for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"):
            view.system(Path(name))
        # The last one: the environment that several trees share; see autograder/install/shared.py.
        shared = os.path.realpath(Path(sys.prefix, "shared"))
        for name in dict.fromkeys(("/usr", sys.base_prefix, sys.prefix, shared)):
            view.bind(Path(name), optional=name == shared)
        view.mask()
        reference, packages = self.unit.root / "reference", self.reference_packages()
        course = self.scratch / "course"
        to_bind = stage_course(course, reference, packages)
        view.bind(course, Path("/course"))
        for package in to_bind:
            view.bind(package, Path("/course/reference", package.relative_to(reference)))
        view.bind(stage_etc(self.scratch / "etc", uid if uid >= 0 else 1000), Path("/etc"))
        if self.gpu is not None:
            self.gpu.show_system(view)
        for name in ("/etc/alternatives", "/sys/devices/system"):
            view.bind(Path(name), optional=True)
        view.bind(self.submission, Path("/submission"))
        view.arguments += ["--proc", "/proc", "--dev", "/dev"]
        if self.gpu is not None:
            self.gpu.show_devices(view)
        view.temporary(Path("/dev/shm"), max(SHM_MB, self.disk_mb))
        return [
            *view.arguments,
            *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"),
        ]

    def reference_packages(self) -> list[Path]:
        """The visible folders of `reference/`: see `Unit.visible_packages`."""
        return self.unit.visible_packages(own=self.own_reference)
