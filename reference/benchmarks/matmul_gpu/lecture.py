"""The counts behind the figures of lecture 02: no GPU, no clock, the same numbers every time.

    python -m reference.benchmarks.lecture matmul_gpu       counts and compiles, some minutes

Counts come from the reference kernels on the simulators (`counts.py`); registers and spilled bytes from the
compilers, which need no GPU either. `figures.py` draws them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference.benchmarks.matmul_gpu import counts
from reference.benchmarks.matmul_gpu.machine_code import CompilerMissingError, ladder_code
from reference.benchmarks.report import load_lecture
from reference.shared import gpu

# Per block, on a GPU; the traces count them as well.
THREADS = dict(zip(counts.RUNGS, (256, 256, 1024, 256, 256), strict=True))
# Tile of Triton's product, as compiled: the first one that its tuner tries.
TILE = {"BM": 128, "BN": 256, "BK": 64}


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Return everything that the figures need: counts, bytes, registers.

    If NVIDIA's compiler libraries are not installed, "compiled" stays as in the last record.
    Raises RuntimeError on a GPU, which does not trace. Needs Triton, which needs Linux.
    """
    if gpu.select().has_gpu:
        raise RuntimeError(
            "expected no GPU: counts come from the simulators; try MLSYS_GPU=0 in front of the command"
        )
    say("the ladder")
    record: dict[str, Any] = {"ladder": {name: counts.asked(name) for name in counts.RUNGS}}
    say("single requests, a puzzle, a race")
    record["requests"] = counts.requests()
    record["puzzle"] = counts.puzzle()
    record["race"] = counts.race()
    say("the order of the tiles")
    record["order"] = counts.order()
    say("softmax and attention")
    record["softmax"] = counts.softmax()
    record["attention"] = {str(length): counts.attention(length) for length in counts.LENGTHS}
    say("compilers")
    record["triton"] = triton_code()
    try:
        record["compiled"] = cuda_code()
    except CompilerMissingError as error:
        say(f"registers of the rungs are those of the last record: {error}")
        record["compiled"] = load_lecture("matmul_gpu")["compiled"]
    return record


def cuda_code() -> dict[str, dict[str, int]]:
    """Return the resources of the rungs, compiled by numba for sm_90. Raises CompilerMissingError.

    threads and shared bytes are per block. loop, ffma: instructions of the inner loop, and the multiply-adds
    among them.
    """
    return {
        name: {
            "threads": THREADS[name],
            "registers": found["registers"],
            "spilled": found["spilled"],
            "shared": found["shared"],
            "loop": found["loop"]["instructions"],
            "ffma": found["loop"]["FFMA"],
        }
        for name, found in ladder_code().items()
    }


def triton_code() -> dict[str, Any]:
    """Return the resources of Triton's product in bfloat16 for sm_90: registers, spilled and shared bytes."""
    from reference.matmul_gpu.tl_matmul import _matmul
    from reference.shared.gpu.compile import compile_kernel

    signature = dict.fromkeys("abc", "*bf16:16")
    signature |= dict.fromkeys(("m", "n", "k", "a_row", "b_row", "tuned_for"), "i32:16")
    constants = {"a_column": 1, "b_column": 1, "PARTS": 1, "PRECISION": "ieee", "GROUP": 8, **TILE}
    code = compile_kernel(_matmul, signature, constants, num_warps=8, num_stages=3, arch=90)
    facts = {"registers": code.registers, "spilled": code.spilled, "shared": code.shared}
    return {**facts, **TILE, "wgmma": code.has("wgmma")}
