"""Compile the CUDA ladder for a GPU, without one: registers, spills, shared memory, instructions.

    python -m reference.benchmarks.matmul_gpu.machine_code            JSON, one entry per kernel
    python -m reference.benchmarks.matmul_gpu.machine_code --sass     the assembler's inner loop of each

numba compiles each kernel to PTX for the H100 and H200 (sm_90) with NVIDIA's compiler libraries. The
assembler that comes with Triton turns that into machine code, and reports the resources. All of this runs in
a process of its own: in this one, kernels run on the simulator. On a GPU numba uses another version of the
assembler, which may choose other registers.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ARCH = 90
LIBRARIES = ("nvvm", "nvrtc")
PACKAGE = "cuda-toolkit[nvvm,nvrtc]==13.*"  # about 133 MB to fetch
KERNELS = {
    "naive": ("direct", "_naive"),
    "coalesced": ("direct", "_coalesced"),
    "shared_tiled": ("tiled", "_shared_tiled"),
    "register_tiled": ("registers", "_register_tiled"),
    "vectorized": ("wide", "_vectorized"),
}
PTX = ("ld.global.f32", "ld.global.v4.f32", "st.global.f32", "st.global.v4.f32")
PTX += ("ld.shared.f32", "ld.shared.v4.f32", "st.shared.f32", "st.shared.v4.f32")
PTX += ("fma.rn.f32", "mul.f32", "add.f32", "bar.sync", ".local", ".f64")
SASS = ("FFMA", "LDG", "LDS", "STS", "BAR")  # multiply-add; loads and stores, global and shared; barrier
SECONDS = 300  # time limit of the other process


class CompilerMissingError(RuntimeError):
    """A library or the assembler is not installed; the message says how to install it."""


def ladder_code() -> dict[str, dict[str, Any]]:
    """Return rung -> its compiled kernel, in about ten seconds, mostly start-up and compilation.

    registers: per thread. spilled: bytes per thread that did not fit into them. stack: bytes of local memory
    per thread.
    shared: bytes per block. ptx: instruction -> its number in the whole kernel. loop: the same for the
    machine code of the inner loop, with all of its `instructions`. sass: the text of that loop.
    Raises CompilerMissingError if a compiler is missing, and RuntimeError with its message if it fails.
    """
    if absent := [name for name in LIBRARIES if not _is_here(name)]:
        raise CompilerMissingError(
            f"numba compiles for a GPU with NVIDIA's libraries {' and '.join(LIBRARIES)}, and {' and '.join(absent)} "
            f"cannot be found here; try .venv/bin/python -m pip install '{PACKAGE}'"
        )
    _assembler("ptxas")
    hidden = ("NUMBA_ENABLE_CUDASIM", "TRITON_INTERPRET")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-m", "reference.benchmarks.matmul_gpu.machine_code", "--ptx"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=environment,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"numba did not compile the ladder:\n{done.stderr.strip()[-4000:]}")
    return {name: examine(ptx) for name, ptx in json.loads(done.stdout).items()}


def examine(ptx: str) -> dict[str, Any]:
    """Assemble the PTX, and count."""
    with tempfile.TemporaryDirectory() as folder:
        source, binary = Path(folder) / "kernel.ptx", Path(folder) / "kernel.cubin"
        # An assembler refuses PTX of a newer version than its own; these kernels use nothing that is new.
        source.write_text(re.sub(r"^\.version .*", f".version {_ptx_version()}", ptx, flags=re.MULTILINE))
        said = _run([_assembler("ptxas"), "-v", f"-arch=sm_{ARCH}", str(source), "-o", str(binary)])
        sass = _run([_assembler("nvdisasm"), "-c", str(binary)])
    loop = inner_loop(sass)
    return {
        "registers": _number(r"Used (\d+) registers", said),
        "spilled": sum(map(int, re.findall(r"(\d+) bytes spill", said))),
        "stack": _number(r"(\d+) bytes stack frame", said),
        "shared": _number(r"(\d+) bytes smem", said),
        "ptx": {name: len(re.findall(re.escape(name) + r"\b", _body(ptx))) for name in PTX},
        "loop": {"instructions": len(loop)} | {name: sum(_is(name, line) for line in loop) for name in SASS},
        "sass": "\n".join(loop),
    }


def inner_loop(sass: str) -> list[str]:
    """Return the loop with the most multiply-adds, the shortest of several such, one instruction per item."""
    lines, labels = [], {}
    for line in sass.splitlines():
        if label := re.match(r"(\.L_x_\d+):", line):
            labels[label[1]] = len(lines)
        elif instruction := re.match(r"\s+/\*[0-9a-f]{4,}\*/\s+(.*?)\s*;", line):
            lines.append(instruction[1])
    loops = []
    for end, line in enumerate(lines):
        target = re.search(r"BRA.*?\(?(\.L_x_\d+)", line)
        if target and labels.get(target[1], end + 1) < end:
            loops.append(lines[labels[target[1]] : end + 1])
    return max(loops, key=lambda loop: (sum(_is("FFMA", line) for line in loop), -len(loop)), default=[])


def write_ptx() -> None:
    """Compile the kernels for a GPU in the other process, with or without one, and print them as JSON."""
    from types import SimpleNamespace

    from reference.shared.gpu import backend

    backend.obstacle = lambda: None  # the constants, the loads and the decorators of a machine with a GPU
    from numba import cuda, types
    from numba.cuda import dispatcher  # pyright: ignore[reportAttributeAccessIssue]

    # Numba asks the GPU that is here for which one to compile the functions that a kernel calls.
    compilers: Any = dispatcher
    compilers.get_current_device = lambda: SimpleNamespace(compute_capability=(ARCH // 10, ARCH % 10))
    matrix: Any = types.Array(types.float32, 2, "C")
    found = {}
    for name, (module, kernel) in KERNELS.items():
        made = getattr(__import__(f"reference.matmul_gpu.{module}", fromlist=[kernel]), kernel)
        bounds = made.targetoptions.get("launch_bounds")
        toolkit: Any = cuda
        found[name], _ = toolkit.compile_ptx(
            made.py_func, (matrix, matrix, matrix), cc=(ARCH // 10, ARCH % 10), launch_bounds=bounds
        )
    json.dump(found, sys.stdout)


def _body(ptx: str) -> str:
    return ptx[ptx.index("{", ptx.index(".entry")) :]


def _is(name: str, instruction: str) -> bool:
    """Return True if `instruction` is `name`, also under a condition: "@!P0 LDG.E.128 ..."."""
    return re.match(rf"(@!?U?P\d+\s+)?{name}\b", instruction) is not None


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found[1]) if found else 0


def _is_here(library: str) -> bool:
    try:
        from cuda import pathfinder
    except ImportError:
        return False
    try:
        pathfinder.load_nvidia_dynamic_lib(library)
    except (pathfinder.DynamicLibNotFoundError, OSError):
        return False
    return True


@functools.cache
def _assembler(name: str) -> str:
    """Return the path of NVIDIA's assembler or disassembler, which come with Triton."""
    import importlib.util

    spec = importlib.util.find_spec("triton")
    place = Path(str(spec.origin)).parent / "backends/nvidia/bin" / name if spec else None
    if place is None or not place.exists():
        raise CompilerMissingError(f"{name} comes with Triton, which needs Linux; it is not installed")
    return str(place)


@functools.cache
def _ptx_version() -> str:
    """Return the newest PTX version of the assembler, from its message about a newer one."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "future.ptx"
        source.write_text(".version 99.0\n.target sm_90\n.address_size 64\n")
        command = [_assembler("ptxas"), f"-arch=sm_{ARCH}", str(source), "-o", str(Path(folder) / "out")]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    found = re.search(r"current version is '([\d.]+)'", said)
    if found is None:
        raise RuntimeError(f"expected ptxas to name its version of PTX, got: {said.strip()}")
    return found[1]


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name}: {(done.stderr or done.stdout).strip()[-4000:]}")
    return done.stdout + done.stderr


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sass", action="store_true", help="print the inner loops")
    parser.add_argument("--ptx", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.ptx:
        write_ptx()
        return
    try:
        found = ladder_code()
    except CompilerMissingError as error:
        sys.exit(f"machine_code: {error}")
    loops = {name: facts.pop("sass") for name, facts in found.items()}
    if asked.sass:
        print("\n\n".join(f"# {name}\n{loop}" for name, loop in loops.items()))
    else:
        print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
