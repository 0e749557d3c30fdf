"""Compile a Triton kernel for any NVIDIA GPU, without one: registers, spills, shared memory, PTX.

    from reference.shared.gpu.compile import KernelSpec, compile_kernel, compile_kernels

    code = compile_kernel(
        kernel,                                             # a @triton.jit function of an importable module
        {"a": "*bf16:16", "c": "*bf16:16", "n": "i32:16"},  # types of arguments; ":16": a multiple of 16
        {"stride": 1, "BLOCK": 128},                        # constants: constexprs, and strides that are 1
        num_warps=8, num_stages=3, arch=90,                 # 90: H100, H200; 80: A100; 75: T4
    )
    code.registers, code.spilled, code.shared, code.has("wgmma"), code.ptx

A descriptor is "tensordesc<bf16[128,64]>" (`descriptor` writes it). Each call starts a process of its own,
because a process chooses once between interpreter and compiler; `compile_kernels` compiles a list of specs in
one process.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SHARED_LIMIT = {75: 64 * 1024, 80: 163 * 1024, 86: 99 * 1024, 89: 99 * 1024, 90: 227 * 1024}  # bytes a block
# Source: CUDA C++ Programming Guide, table of technical specifications, "maximum amount of shared memory per block".
SECONDS = 600  # time limit of the process


@dataclass(frozen=True)
class KernelSpec:
    """One kernel and its target; the arguments are those of `compile_kernel`."""

    kernel: Any
    signature: Mapping[str, str]
    constants: Mapping[str, Any] = field(default_factory=dict)
    num_warps: int = 4
    num_stages: int = 3
    arch: int = 90


@dataclass(frozen=True)
class CompiledKernel:
    """The compiled code of a kernel, and its resources."""

    name: str
    arch: int
    registers: int  # of one thread
    spilled: int  # bytes a thread that did not fit into registers, stores and loads together
    shared: int  # bytes of shared memory a block
    ptx: str

    def has(self, instruction: str) -> bool:
        """Return True if an instruction of the PTX starts with this: "wgmma", "mma.", "fma.rn.f32"."""
        return re.search(rf"^\s*(@!?%p\d+ )?{re.escape(instruction)}", self.ptx, re.MULTILINE) is not None

    def fits(self) -> bool:
        """Return True if a block of this GPU has enough shared memory."""
        return self.shared <= SHARED_LIMIT[self.arch]


def compile_kernel(
    kernel: Any,
    signature: Mapping[str, str],
    constants: Mapping[str, Any] | None = None,
    *,
    num_warps: int = 4,
    num_stages: int = 3,
    arch: int = 90,
) -> CompiledKernel:
    """Compile one kernel for the architecture sm_`arch`. Takes about three seconds, mostly start-up.

    kernel: a function under @triton.jit (and @triton.autotune, which is ignored) of an importable module.
    signature: argument -> "*fp32", "i32", "fp32", ...; constants: argument -> number, text, or bool.
    Raises ValueError if an argument is in neither or in both, and RuntimeError with Triton's message if it
    does not compile.
    """
    return compile_kernels([KernelSpec(kernel, signature, constants or {}, num_warps, num_stages, arch)])[0]


def compile_kernels(specs: Iterable[KernelSpec]) -> list[CompiledKernel]:
    """Compile each spec, in order, in one process. Raises like `compile_kernel`."""
    orders = [_order(spec) for spec in specs]
    with tempfile.TemporaryDirectory() as folder:
        environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
        environment |= {"TRITON_CACHE_DIR": folder, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run(
            [sys.executable, "-m", "reference.shared.gpu.compile"],
            input=json.dumps(orders),
            text=True,
            capture_output=True,
            timeout=SECONDS,
            env=environment,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"Triton did not compile the kernel:\n{done.stderr.strip()[-4000:]}")
    return [CompiledKernel(**facts) for facts in json.loads(done.stdout)]


def descriptor(dtype: str, block: tuple[int, ...]) -> str:
    """Return the signature of a tensor descriptor: ("bf16", (128, 64)) -> "tensordesc<bf16[128, 64]>"."""
    return f"tensordesc<{dtype}{list(block)}>"


def python_function(kernel: Any) -> Any:
    """Return the Python function under @triton.jit, @triton.autotune and the like."""
    while not hasattr(kernel, "__code__"):
        kernel = kernel.fn
    return kernel


def _order(spec: KernelSpec) -> dict[str, Any]:
    function = python_function(spec.kernel)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    given = [*spec.signature, *spec.constants]
    if sorted(given) != sorted(names):
        wrong = sorted({n for n in (*given, *names) if given.count(n) + names.count(n) != 2})
        raise ValueError(
            f"{function.__name__}: expected each argument once, in signature or in constants; check {wrong}"
        )
    order = vars(spec) | {"kernel": function.__name__, "module": function.__module__, "names": names}
    order["file"] = function.__code__.co_filename
    return order


def _compile(order: dict[str, Any]) -> dict[str, Any]:
    """Compile in the other process, and parse the registers and spills that ptxas reports."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    kernel = getattr(_module(order["module"], order["file"]), order["kernel"])
    while not isinstance(kernel, triton.JITFunction):
        kernel = kernel.fn
    signature, attributes = {}, {}
    for place, name in enumerate(order["names"]):
        kind, _, multiple = order["signature"].get(name, "constexpr").partition(":")
        signature[name] = kind
        if multiple:
            attributes[(place,)] = [["tt.divisibility", int(multiple)]]
    source = ASTSource(fn=kernel, signature=signature, constexprs=order["constants"], attrs=attributes)
    with contextlib.redirect_stdout(io.StringIO()) as log:
        compiled = triton.compile(
            source,
            target=GPUTarget("cuda", order["arch"], 32),
            options={"num_warps": order["num_warps"], "num_stages": order["num_stages"]},
        )
    text = log.getvalue()
    return {
        "name": order["kernel"],
        "arch": order["arch"],
        "registers": max(map(int, re.findall(r"Used (\d+) registers", text)), default=0),
        "spilled": sum(map(int, re.findall(r"(\d+) bytes spill", text))),
        "shared": int(compiled.metadata.shared),
        "ptx": compiled.asm["ptx"],
    }


def _module(name: str, file: str) -> Any:
    """Import the kernel's module by name, or from its file if the name cannot be imported."""
    import importlib.util

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        sys.path.insert(0, str(Path(file).parent))
        return importlib.import_module(Path(file).stem)


def main() -> None:
    from triton import knobs

    from reference.shared import gpu

    gpu.select(interpret=False)
    settings: Any = knobs
    settings.nvidia.dump_ptxas_log = True
    json.dump([_compile(order) for order in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
