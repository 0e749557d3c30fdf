"""What `./mlsys doctor` looks at: each probe tries the real thing and returns one line."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autograder.core.browser import TO_MEND, find_browser, switches
from autograder.core.units import course_root
from autograder.lab.jupyter import FIRST_PORT, is_free

GB = 1e9
DISK_GB, MEMORY_GB = 2.0, 4.0
Verdict = Literal["ok", "optional", "missing"]


@dataclass(frozen=True)
class Line:
    """One finding. "missing" stands in a student's way; "optional" is needed for some things alone."""

    name: str
    verdict: Verdict
    found: str
    mend: str = ""  # what to type, or what goes without it


def python() -> Line:
    version = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Line(
            "Python", "missing", version, "install Python 3.11, 3.12 or 3.13, delete .venv, run ./mlsys"
        )
    return Line("Python", "ok", f"{version} in {Path(sys.prefix).name}")


def packages(root: Path | None = None) -> Line:
    """Every pin of constraints.txt against what is installed."""
    from packaging.requirements import Requirement

    pins = [
        Requirement(line)
        for line in ((root or course_root()) / "constraints.txt").read_text().splitlines()
        if line[:1].isalpha()
    ]
    wrong = []
    for pin in pins:
        if pin.marker is None or pin.marker.evaluate():
            try:
                # a build of torch may carry a local part, 2.13.0+cpu, which a pin without one accepts
                if not pin.specifier.contains(importlib.metadata.version(pin.name), prereleases=True):
                    wrong.append(pin.name)
            except importlib.metadata.PackageNotFoundError:
                wrong.append(pin.name)
    if wrong:
        names = ", ".join(wrong[:5]) + (", ..." if len(wrong) > 5 else "")
        return Line(
            "Packages",
            "missing",
            f"{len(wrong)} not as pinned: {names}",
            "rm .venv/ready, then ./mlsys doctor",
        )
    return Line("Packages", "ok", f"{len(pins)} as pinned in constraints.txt")


def disk(root: Path | None = None) -> Line:
    free = shutil.disk_usage(root or course_root()).free / GB
    if free < DISK_GB:
        return Line("Disk", "missing", f"{free:.1f} GB free", f"make room: at least {DISK_GB:.0f} GB")
    return Line("Disk", "ok", f"{free:.0f} GB free")


def processor() -> Line:
    from reference.shared.machine import machine

    here = machine()
    found = f"{here.cores} usable, {here.cpu}"
    if here.cores < 2:
        return Line(
            "Cores",
            "optional",
            found,
            "two or more, or the parallel rungs cannot be faster than the serial ones",
        )
    return Line("Cores", "ok", found)


def vectors() -> Line:
    from reference.shared.machine import machine

    here = machine()
    found = f"{here.vector}, {here.vector_bits} bits{', multiply-add' if here.fma else ''}"
    if here.vector_bits < 256 and "NEON" not in here.vector:
        return Line(
            "Vectors",
            "optional",
            found,
            "everything works; the vector rungs gain less than on AVX2, AVX-512 or NEON",
        )
    return Line("Vectors", "ok", found)


def memory() -> Line:
    import psutil

    here = psutil.virtual_memory()
    found = f"{here.total / GB:.0f} GB, {here.available / GB:.0f} GB available"
    if here.available < MEMORY_GB * GB:
        return Line(
            "Memory",
            "optional",
            found,
            f"close something: {MEMORY_GB:.0f} GB are wanted for the largest runs",
        )
    return Line("Memory", "ok", found)


def mpi() -> Line:
    """Start two ranks that find each other."""
    mend = "rm .venv/ready, then ./mlsys doctor (installs mpich and mpi4py again)"
    launcher = Path(sys.executable).parent / "mpirun"
    if not launcher.exists():
        return Line("MPI", "missing", "no mpirun beside this Python", mend)
    code = "from mpi4py import MPI; c = MPI.COMM_WORLD; print(f'sum {c.allreduce(c.rank + 1)}\\n', end='')"
    done, output = attempt([str(launcher), "-n", "2", sys.executable, "-c", code], seconds=60)
    if not done or output.count("sum 3") != 2:
        return Line("MPI", "missing", f"two ranks did not start: {last_line(output)}", mend)
    return Line("MPI", "ok", "two ranks started and met")


def sandbox() -> Line:
    """Really start bubblewrap, as the judge does."""
    from autograder.judge.sandbox.isolation import in_the_way
    from autograder.judge.sandbox.plan import available
    from autograder.judge.session.cgroup import memory_net

    works, reason = available()
    if works:
        version = attempt(["bwrap", "--version"])[1].strip()
        found = f"{version} starts; memory limit: {memory_net()}"
        settings = in_the_way()
        if settings:  # we are root here
            found += f"; ordinary users would need {' '.join(settings)} (sudo sysctl -w)"
        return Line("Sandbox", "ok", found)
    what, _, mend = reason.partition(": ")
    return Line(
        "Sandbox", "optional", what, f"{mend or what}; ./mlsys grade needs it, ./mlsys check does not"
    )


def browser() -> Line:
    """Really start the browser, without a window."""
    path = find_browser()
    if path is None:
        return Line(
            "Browser",
            "optional",
            "no Chromium found",
            f"{TO_MEND}; slides need it, any browser does for labs",
        )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            str(path),
            "--headless",
            *switches(),
            f"--user-data-dir={profile}",
            "--dump-dom",
            "data:text/html,<p>ok",
        ]
        done, output = attempt(command, seconds=60, XDG_CONFIG_HOME=profile, XDG_CACHE_HOME=profile)
    if not done or "<p>ok" not in output:
        return Line("Browser", "optional", f"{path} does not start: {last_line(output)}", TO_MEND)
    return Line("Browser", "ok", f"{path} starts without a screen")


def marp(root: Path | None = None) -> Line:
    from autograder.authoring.slides import MEND_NODE, OLDEST_NODE, node_version

    version = node_version()
    if version is None or version[0] < OLDEST_NODE or shutil.which("npm") is None:
        found = "no Node.js with npm" if version is None else f"Node.js {'.'.join(map(str, version))}"
        return Line("Slides", "optional", found, f"{MEND_NODE}; only ./mlsys slides needs it")
    installed = ((root or course_root()) / "slides" / "node_modules" / ".bin" / "marp").exists()
    state = "Marp is installed" if installed else "Marp comes with the first ./mlsys slides"
    return Line("Slides", "ok", f"Node.js {'.'.join(map(str, version))}; {state}")


# Torch with CUDA is what pip takes by default on Linux with an x86-64 processor; ./mlsys installs what is missing.
OTHER_TORCH = (
    "unset PIP_EXTRA_INDEX_URL; .venv/bin/python -m pip uninstall -y torch; rm .venv/ready; ./mlsys doctor"
)
NVVM = '.venv/bin/python -m pip install -c constraints.txt -c constraints-gpu.txt "numba-cuda[cu13]"'


def gpu() -> Line:
    """What runs GPU kernels here: nothing is missing without a GPU."""
    from reference.shared.gpu.detect import obstacle

    what, simulators = obstacle(), "kernels run on the simulators"
    if what == "absent":
        if sys.platform == "linux":
            return Line("GPU", "ok", f"none: fine, {simulators}")
        return Line("GPU", "ok", "none: fine, CUDA kernels run on numba's simulator; Triton needs Linux")
    name = gpu_name()
    if what == "refused":
        return Line("GPU", "ok", f"{name}; MLSYS_GPU=0 is set, so {simulators}")
    if what == "torch":
        return Line(
            "GPU", "optional", f"{name}; torch here is a build without CUDA, so {simulators}", OTHER_TORCH
        )
    if what == "driver":
        import torch

        mend = f"install a driver for CUDA {torch.version.cuda} or later, and look at nvidia-smi"
        return Line("GPU", "optional", f"{name}; torch cannot use it with this driver, so {simulators}", mend)
    if what == "nvvm":
        return Line("GPU", "optional", f"{name}; numba lacks NVIDIA's compiler (NVVM), so {simulators}", NVVM)
    if not can_build():
        mend = "sudo apt-get install gcc python3-dev (Fedora: dnf install gcc python3-devel); Triton needs it"
        return Line("GPU", "optional", f"{name}; no C compiler with the headers of Python", mend)
    return Line("GPU", "ok", f"{name}; kernels run on it")


def gpu_name() -> str:
    """The first GPU, as NVIDIA's own program calls it."""
    program = shutil.which("nvidia-smi") or shutil.which("nvidia-smi", path="/usr/lib/wsl/lib")
    if program:
        done, output = attempt([program, "--query-gpu=name,memory.total", "--format=csv,noheader"])
        if done and output.strip():
            return output.strip().splitlines()[0]
    return "an NVIDIA GPU"


def can_build() -> bool:
    """Whether Triton can compile the C code that starts its kernels."""
    compiler = os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang")
    return compiler is not None and Path(sysconfig.get_paths()["include"], "Python.h").is_file()


def loopback() -> Line:
    """Connect to ourselves by the name that launchers use, and look at JupyterLab's port."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(("localhost", server.getsockname()[1]), timeout=5).close()
    except OSError as error:
        mend = 'add "127.0.0.1 localhost" to /etc/hosts, and let the firewall pass the loopback interface'
        return Line("Ports", "missing", f"localhost cannot be reached: {error}", mend)
    state = "free" if is_free(FIRST_PORT) else "taken, so ./mlsys lab picks the next free one"
    return Line("Ports", "ok", f"localhost answers; {FIRST_PORT} is {state}")


PROBES = (python, packages, disk, processor, vectors, memory, mpi, sandbox, browser, marp, gpu, loopback)


def attempt(command: list[str], seconds: float = 20.0, **environment: str) -> tuple[bool, str]:
    """Run `command`; whether it ended with 0 in time, and what it printed."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            env=os.environ | environment,
        )
    except subprocess.TimeoutExpired:
        return False, f"no answer in {seconds:.0f} s"
    except OSError as error:
        return False, str(error)
    return done.returncode == 0, done.stdout.decode(errors="replace")


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1][:120]
