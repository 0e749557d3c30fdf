"""Where a result comes from: the version of the grader, the checks and the manifest, and the machine."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import platform
from pathlib import Path

from autograder.core.result import Grader
from autograder.core.units import Unit
from autograder.judge.session.cgroup import memory_net


def grader(unit: Unit) -> Grader:
    """Which version of the grader, the manifest and the checks gave the points."""
    digest = hashlib.sha256()
    for path in sorted(unit.checks.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return Grader(
        version=version(),
        manifest_sha256=hashlib.sha256(unit.manifest.read_bytes()).hexdigest(),
        checks_sha256=digest.hexdigest(),
    )


def version() -> str:
    try:
        return importlib.metadata.version("mlsys-course")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def machine() -> dict[str, str | int]:
    """The machine in a few words."""
    cpu = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, IndexError):
        cpu = (
            Path("/proc/cpuinfo")
            .read_text()
            .partition("model name")[2]
            .partition(":")[2]
            .split("\n")[0]
            .strip()
            or cpu
        )
    return {
        "cpu": cpu,
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "memory_limit": memory_net(),
    }
