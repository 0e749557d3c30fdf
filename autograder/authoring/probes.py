"""The probes of `./mlsys doctor`: each one tries the real program and returns one line."""

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

from autograder.core.browser import FIX_BROWSER, find_browser, switches
from autograder.core.units import course_root
from autograder.install.damage import damaged
from autograder.lab.jupyter import FIRST_PORT, is_free

GB = 1e9
DISK_GB, MEMORY_GB = 2.0, 4.0
Verdict = Literal["ok", "optional", "missing"]


@dataclass(frozen=True)
class Finding:
    """One finding. "missing": every student needs it. "optional": only some commands need it."""

    name: str
    verdict: Verdict
    found: str
    fix: str = ""  # what to type, or what works without it


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding(
            "Python",
            "missing",
            version,
            "install Python 3.11, 3.12 or 3.13, delete .venv, run ./mlsys doctor",
        )
    return Finding("Python", "ok", f"{version} in {Path(sys.prefix).name}")


def packages(root: Path | None = None) -> Finding:
    """Compare every pin of constraints.txt with the installed version."""
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
                # a build of torch may have a local part, 2.13.0+cpu, which a pin without one accepts
                if not pin.specifier.contains(importlib.metadata.version(pin.name), prereleases=True):
                    wrong.append(pin.name)
            except importlib.metadata.PackageNotFoundError:
                wrong.append(pin.name)
    if wrong:
        names = ", ".join(wrong[:5]) + (", ..." if len(wrong) > 5 else "")
        return Finding(
            "Packages",
            "missing",
            f"{len(wrong)} with another version than in constraints.txt: {names}",
            "rm .venv/ready, then ./mlsys doctor",
        )
    for name, trouble in damaged(root or course_root()).items():
        return Finding("Packages", "missing", f"{name}: {trouble}", "rm .venv/ready, then ./mlsys doctor")
    return Finding("Packages", "ok", f"{len(pins)}, with the versions of constraints.txt")


def disk(root: Path | None = None) -> Finding:
    free = shutil.disk_usage(root or course_root()).free / GB
    if free < DISK_GB:
        return Finding("Disk", "missing", f"{free:.1f} GB free", f"free at least {DISK_GB:.0f} GB")
    return Finding("Disk", "ok", f"{free:.0f} GB free")


def processor() -> Finding:
    from reference.shared.machine import machine

    here = machine()
    found = f"{here.cores} usable, {here.cpu}"
    if here.cores < 2:
        return Finding(
            "Cores",
            "optional",
            found,
            "use a machine with two or more cores to see parallel code run faster",
        )
    return Finding("Cores", "ok", found)


def vectors() -> Finding:
    from reference.shared.machine import machine

    here = machine()
    found = f"{here.vector}, {here.vector_bits} bits{', multiply-add' if here.fma else ''}"
    if here.vector_bits < 256 and "NEON" not in here.vector:
        return Finding(
            "Vectors",
            "optional",
            found,
            "nothing to do: everything works, but vector code gains less than with AVX2, AVX-512 or NEON",
        )
    return Finding("Vectors", "ok", found)


def memory() -> Finding:
    import psutil

    here = psutil.virtual_memory()
    found = f"{here.total / GB:.0f} GB, {here.available / GB:.0f} GB available"
    if here.available < MEMORY_GB * GB:
        return Finding(
            "Memory",
            "optional",
            found,
            f"close other programs: the largest runs need {MEMORY_GB:.0f} GB",
        )
    return Finding("Memory", "ok", found)


def mpi() -> Finding:
    """Start two ranks that exchange a number."""
    fix = "rm .venv/ready, then ./mlsys doctor (installs mpich and mpi4py again)"
    launcher = Path(sys.executable).parent / "mpirun"
    if not launcher.exists():
        return Finding("MPI", "missing", "no mpirun beside this Python", fix)
    code = "from mpi4py import MPI; c = MPI.COMM_WORLD; print(f'sum {c.allreduce(c.rank + 1)}\\n', end='')"
    done, output = attempt([str(launcher), "-n", "2", sys.executable, "-c", code], seconds=60)
    if not done or output.count("sum 3") != 2:
        return Finding("MPI", "missing", f"two ranks did not start: {last_line(output)}", fix)
    return Finding("MPI", "ok", "two ranks started and exchanged a number")


def sandbox() -> Finding:
    """Start bubblewrap, as the judge does."""
    from autograder.judge.sandbox.isolation import in_the_way
    from autograder.judge.sandbox.plan import available
    from autograder.judge.session.cgroup import memory_net

    works, reason = available()
    if works:
        version = attempt(["bwrap", "--version"])[1].strip()
        found = f"{version} starts; memory limit: {memory_net()}"
        settings = in_the_way()
        if settings:  # root does not need them
            found += f"; ordinary users would need {' '.join(settings)} (sudo sysctl -w)"
        return Finding("Sandbox", "ok", found)
    what, _, fix = reason.partition(": ")
    return Finding(
        "Sandbox", "optional", what, f"{fix or what}; ./mlsys grade needs it, ./mlsys check does not"
    )


def browser() -> Finding:
    """Start the browser, without a window."""
    path = find_browser()
    if path is None:
        return Finding(
            "Browser",
            "optional",
            "no Chromium found",
            f"{FIX_BROWSER}; slides need it, labs work in any browser",
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
        return Finding("Browser", "optional", f"{path} does not start: {last_line(output)}", FIX_BROWSER)
    return Finding("Browser", "ok", f"{path} starts without a screen")


def marp(root: Path | None = None) -> Finding:
    from autograder.authoring.slides import FIX_NODE, OLDEST_NODE, node_version

    version = node_version()
    if version is None or version[0] < OLDEST_NODE or shutil.which("npm") is None:
        found = "no Node.js with npm" if version is None else f"Node.js {'.'.join(map(str, version))}"
        return Finding("Slides", "optional", found, f"{FIX_NODE}; only ./mlsys slides needs it")
    installed = ((root or course_root()) / "slides" / "node_modules" / ".bin" / "marp").exists()
    state = "Marp is installed" if installed else "the first ./mlsys slides installs Marp"
    return Finding("Slides", "ok", f"Node.js {'.'.join(map(str, version))}; {state}")


# On Linux with an x86-64 processor, pip's default build of torch has CUDA; ./mlsys installs missing packages.
OTHER_TORCH = (
    "unset PIP_EXTRA_INDEX_URL; .venv/bin/python -m pip uninstall -y torch; rm .venv/ready; ./mlsys doctor"
)
NVVM = '.venv/bin/python -m pip install -c constraints.txt -c constraints-gpu.txt "numba-cuda[cu13]"'


def gpu() -> Finding:
    """Find out if GPU kernels run on a GPU or on the simulators; both are fine."""
    from reference.shared.gpu.detect import obstacle

    what, simulators = obstacle(), "kernels run on the simulators"
    if what == "absent":
        if sys.platform == "linux":
            return Finding("GPU", "ok", f"none needed: {simulators}")
        return Finding("GPU", "ok", "none needed: CUDA kernels run on numba's simulator; Triton needs Linux")
    name = gpu_name()
    if what == "refused":
        return Finding("GPU", "ok", f"{name}; MLSYS_GPU=0 is set, so {simulators}")
    if what == "torch":
        return Finding(
            "GPU", "optional", f"{name}; this build of torch has no CUDA, so {simulators}", OTHER_TORCH
        )
    if what == "driver":
        import torch

        fix = f"install a driver for CUDA {torch.version.cuda} or later, and try nvidia-smi"
        return Finding(
            "GPU", "optional", f"{name}; torch cannot use it with this driver, so {simulators}", fix
        )
    if what == "nvvm":
        return Finding(
            "GPU", "optional", f"{name}; numba lacks NVIDIA's compiler (NVVM), so {simulators}", NVVM
        )
    if not can_build():
        fix = "sudo apt-get install gcc python3-dev (Fedora: dnf install gcc python3-devel); Triton needs it"
        return Finding("GPU", "optional", f"{name}; no C compiler with the headers of Python", fix)
    return Finding("GPU", "ok", f"{name}; kernels run on it")


def gpu_name() -> str:
    """The name of the first GPU, from nvidia-smi."""
    program = shutil.which("nvidia-smi") or shutil.which("nvidia-smi", path="/usr/lib/wsl/lib")
    if program:
        done, output = attempt([program, "--query-gpu=name,memory.total", "--format=csv,noheader"])
        if done and output.strip():
            return output.strip().splitlines()[0]
    return "an NVIDIA GPU"


def can_build() -> bool:
    """True if Triton can compile the C code that starts its kernels."""
    compiler = os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang")
    return compiler is not None and Path(sysconfig.get_paths()["include"], "Python.h").is_file()


def loopback() -> Finding:
    """Connect to localhost, the name that launchers use, and check JupyterLab's port."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(("localhost", server.getsockname()[1]), timeout=5).close()
    except OSError as error:
        fix = 'add "127.0.0.1 localhost" to /etc/hosts, and allow the loopback interface in the firewall'
        return Finding("Ports", "missing", f"localhost cannot be reached: {error}", fix)
    state = "free" if is_free(FIRST_PORT) else "in use, so ./mlsys lab picks the next free one"
    return Finding("Ports", "ok", f"localhost answers; {FIRST_PORT} is {state}")


PROBES = (python, packages, disk, processor, vectors, memory, mpi, sandbox, browser, marp, gpu, loopback)


def attempt(command: list[str], seconds: float = 20.0, **environment: str) -> tuple[bool, str]:
    """Run `command`; returns True if it ended with code 0 in time, and its output."""
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
    return (text.strip().splitlines() or ["no output"])[-1][:120]
