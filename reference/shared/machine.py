"""This machine's cores, caches and vector registers, as the operating system reports them."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CPU_FOLDER = Path("/sys/devices/system/cpu/cpu0/cache")
CACHE_LINE_BYTES = (
    64  # of every x86-64 CPU and of most ARM ones; machine() corrects it where Linux says otherwise
)
UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


@dataclass(frozen=True)
class Machine:
    """The facts to quote with a measurement. Sizes in bytes; 0 means unknown."""

    cpu: str
    system: str
    python: str
    cores: int  # logical CPUs that this process may use
    vector: str  # "AVX-512", "AVX2", "NEON", "SSE2" ...
    vector_bits: int
    fma: bool
    line: int
    l1: int  # data cache of one core
    l2: int
    l3: int  # as reported: often shared with other cores, or other guests of the same host

    @property
    def caches(self) -> dict[str, int]:
        """Name -> bytes of every cache level with a known size."""
        levels = {"L1": self.l1, "L2": self.l2, "L3": self.l3}
        return {name: size for name, size in levels.items() if size}

    def __str__(self) -> str:
        caches = ", ".join(f"{name} {human_bytes(size)}" for name, size in self.caches.items())
        cores = f"{self.cores} core{'s' if self.cores != 1 else ''}"
        parts = [self.cpu, cores, self.vector, caches, self.system, f"Python {self.python}"]
        return ", ".join(part for part in parts if part)


def human_bytes(size: float) -> str:
    """1536 -> '1.5 KiB'. Raises ValueError for a negative size."""
    if size < 0:
        raise ValueError(f"a size in bytes cannot be negative: got {size}")
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.4g} TiB"


@cache
def machine() -> Machine:
    """This machine, looked up once in each process."""
    vector, bits, fma = _vector_unit()
    caches, line = _caches()
    return Machine(
        cpu=_cpu_name(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        cores=usable_cores(),
        vector=vector,
        vector_bits=bits,
        fma=fma,
        line=line,
        l1=caches.get(1, 0),
        l2=caches.get(2, 0),
        l3=caches.get(3, 0),
    )


def machine_summary() -> str:
    """One line to print above a table of measurements."""
    return str(machine())


def usable_cores() -> int:
    """The number of logical CPUs for this process: fewer than the machine has in a container or under taskset."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _vector_unit() -> tuple[str, int, bool]:
    from llvmlite import binding  # imported late: most users of this module need no compiler

    features = binding.get_host_cpu_features()
    if features.get("avx512f"):
        return "AVX-512", 512, True
    if features.get("avx2"):
        return "AVX2", 256, bool(features.get("fma"))
    if platform.machine().lower() in {"arm64", "aarch64"}:
        return "NEON", 128, True
    if features.get("avx"):
        return "AVX", 256, bool(features.get("fma"))
    return "SSE2" if features.get("sse2") else "", 128, False


def _caches() -> tuple[dict[int, int], int]:
    """Level -> bytes of the data or unified cache, and the line in bytes."""
    if platform.system() == "Darwin":
        sizes = {1: _sysctl("hw.perflevel0.l1dcachesize") or _sysctl("hw.l1dcachesize")}
        sizes[2] = _sysctl("hw.perflevel0.l2cachesize") or _sysctl("hw.l2cachesize")
        sizes[3] = _sysctl("hw.l3cachesize")
        return {level: int(size) for level, size in sizes.items() if size}, int(
            _sysctl("hw.cachelinesize") or 0
        )
    sizes, line = {}, CACHE_LINE_BYTES
    for folder in sorted(CPU_FOLDER.glob("index*")):
        if _read(folder / "type") in {"Data", "Unified"}:
            sizes[int(_read(folder / "level") or 0)] = _parse_size(_read(folder / "size"))
            line = int(_read(folder / "coherency_line_size") or line)
    return sizes, line


def _parse_size(text: str) -> int:
    """'1024K' -> 1048576; an empty text -> 0."""
    if not text:
        return 0
    return int(text[:-1]) * UNITS[text[-1]] if text[-1] in UNITS else int(text)


def _cpu_name() -> str:
    if platform.system() == "Darwin":
        return _sysctl("machdep.cpu.brand_string")
    for text in _read(Path("/proc/cpuinfo")).splitlines():
        key, _, value = text.partition(":")
        if key.strip() == "model name":
            return " ".join(value.split())
    return platform.processor() or platform.machine()


def _sysctl(name: str) -> str:
    done = subprocess.run(["sysctl", "-n", name], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
