"""The counts behind the pictures of lecture 02, kept as a record: no GPU, no clock, the same figures every time.

    python -m reference.benchmarks.matmul_gpu.lecture            count and compile (some minutes), draw
    python -m reference.benchmarks.matmul_gpu.lecture --draw     draw again from the record
    python -m reference.benchmarks.matmul_gpu.lecture --table    print the figures that the slides quote

Counts come from the reference kernels, played by the simulators and watched (`matmul_gpu_counts.py`); registers and
spilled bytes from the compilers, which need no GPU either. The pictures are in `matmul_gpu_figures.py`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from reference.benchmarks.matmul_gpu import counts
from reference.benchmarks.matmul_gpu.machine_code import CompilerMissingError, ladder_code
from reference.shared import gpu

RECORD = Path(__file__).resolve().parents[1] / "records" / "matmul_gpu_lecture.json"
COMMAND = "python -m reference.benchmarks.matmul_gpu.lecture"
THREADS = dict(
    zip(counts.RUNGS, (256, 256, 1024, 256, 256), strict=True)
)  # of a block, on a GPU; traced as well
# Of Triton's product, as compiled: the first one that its tuner tries.
TILE = {"BM": 128, "BN": 256, "BK": 64}


def measure(before: Mapping[str, Any], say: Callable[[str], None] = print) -> dict[str, Any]:
    """Everything the pictures need: counts, bytes, registers.

    before: the last record, whose "compiled" stays where NVIDIA's compiler libraries are not installed.
    Raises RuntimeError on a GPU, where nothing is traced. Needs Triton, which is made for Linux alone.
    """
    if gpu.select().has_gpu:
        raise RuntimeError("expected no GPU: counts come from the simulators; try MLSYS_GPU=0 " + COMMAND)
    say("the ladder")
    record: dict[str, Any] = {"ladder": {name: counts.asked(name) for name in counts.RUNGS}}
    say("single requests, a puzzle, a race")
    record["requests"] = counts.requests()
    record["puzzle"] = counts.puzzle()
    record["race"] = counts.race()
    say("softmax and attention")
    record["softmax"] = counts.softmax()
    record["attention"] = {str(length): counts.attention(length) for length in counts.LENGTHS}
    say("compilers")
    record["triton"] = triton_code()
    try:
        record["compiled"] = cuda_code()
    except CompilerMissingError as error:
        say(f"registers of the rungs are those of the last record: {error}")
        record["compiled"] = before["compiled"]
    return record


def load() -> dict[str, Any]:
    """The committed record. Raises FileNotFoundError with the command that makes it."""
    if not RECORD.exists():
        raise FileNotFoundError(
            f"{RECORD.name} is missing; get the committed one with git checkout {RECORD.name}"
        )
    return json.loads(RECORD.read_text(encoding="utf-8"))


def cuda_code() -> dict[str, dict[str, int]]:
    """What numba makes of the rungs for sm_90; threads and shared bytes are of a block. Raises CompilerMissingError.

    loop, ffma: instructions of the inner loop, and the multiply-adds among them.
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
    """What Triton makes of the product in bfloat16 for sm_90: registers, spilled and shared bytes, instructions."""
    from reference.matmul_gpu.tl_matmul import _matmul
    from reference.shared.gpu.compile import compile_kernel

    signature = dict.fromkeys("abc", "*bf16:16")
    signature |= dict.fromkeys(("m", "n", "k", "a_row", "b_row", "tuned_for"), "i32:16")
    constants = {"a_column": 1, "b_column": 1, "PARTS": 1, "PRECISION": "ieee", "GROUP": 8, **TILE}
    code = compile_kernel(_matmul, signature, constants, num_warps=8, num_stages=3, arch=90)
    facts = {"registers": code.registers, "spilled": code.spilled, "shared": code.shared}
    return {**facts, **TILE, "wgmma": code.has("wgmma")}


def main() -> None:
    from reference.benchmarks.matmul_gpu import figures
    from reference.benchmarks.matmul_gpu.quotes import quotes

    parser = argparse.ArgumentParser(prog=COMMAND)
    parser.add_argument("--draw", action="store_true", help="only draw, from the record")
    parser.add_argument(
        "--table", action="store_true", help="only print what the slides quote, from the record"
    )
    choice = parser.parse_args()
    if not (choice.draw or choice.table):
        RECORD.write_text(json.dumps(measure(load()), indent=1) + "\n", encoding="utf-8")
    try:
        record = load()
    except FileNotFoundError as error:
        raise SystemExit(str(error)) from None
    if choice.table:
        print("\n".join(quotes(record)))
    else:
        for path in figures.draw(record):
            print(path.name)


if __name__ == "__main__":
    main()
