"""The CPU matmul ladder, from three loops over lists to the machine's peak.

Rungs 1 and 2 are in `loops`, 3 and 4 in `compiled`, 5 in `recursive`, 6 in `blocked`, 7
in `microkernel`; above them is `matmul`. A name is imported when it is first used, so
importing the package does not start numba. For rung 7 write `from
reference.matmul_cpu.microkernel import microkernel`: a package cannot export a name
that is also a module's.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reference.matmul_cpu.blocked import register_blocked
    from reference.matmul_cpu.compiled import numba_loops, numba_parallel
    from reference.matmul_cpu.gemm import matmul
    from reference.matmul_cpu.loops import python_loops, python_reordered
    from reference.matmul_cpu.recursive import divide_and_conquer

__all__ = [
    "divide_and_conquer",
    "matmul",
    "numba_loops",
    "numba_parallel",
    "python_loops",
    "python_reordered",
    "register_blocked",
]

_HOME = {
    "python_loops": "loops",
    "python_reordered": "loops",
    "numba_loops": "compiled",
    "numba_parallel": "compiled",
    "divide_and_conquer": "recursive",
    "register_blocked": "blocked",
    "matmul": "gemm",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
