"""Where GPU kernels run: on an NVIDIA GPU where there is one, and on simulators everywhere else.

Import this module before `numba.cuda` and `triton`: it decides, once a process, and tells both. Without a GPU the
CUDA kernels of numba run on numba-cuda's simulator (with `reference/shared/simulators/scheduler.py`, which plays the
threads of a block in any order), and Triton's kernels in Triton's interpreter. Both compute the right numbers, one
thread or program after the other; neither says anything about speed.

    from reference.shared.gpu.backend import cuda, launch

MLSYS_GPU=0 in the environment asks for the simulators also where there is a GPU.
"""

from __future__ import annotations

import importlib.util
import math
import os
import re
from operator import index
from types import CodeType
from typing import Any

import numpy as np

from reference.shared.gpu.detect import obstacle

UNWRITTEN = re.compile(r"\d\d\.\d+ \w+(?: \(.+?\))?: ")  # how the message of an emptied body begins
# Along x, y and z. Source: CUDA C++ Programming Guide, table of technical specifications.
MOST = {"grid": (2**31 - 1, 65535, 65535), "block": (1024, 1024, 64)}

OBSTACLE = obstacle()
HAS_GPU = OBSTACLE is None
if not HAS_GPU:
    os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
    os.environ["TRITON_INTERPRET"] = "1"
HAS_TRITON = importlib.util.find_spec("triton") is not None  # Triton is made for Linux alone
DEVICE = "cuda" if HAS_GPU else "cpu"  # of the torch tensors that kernels take

import numba.core.config  # noqa: E402

config: Any = numba.core.config
if not HAS_GPU:
    config.ENABLE_CUDASIM = 1  # numba may have been imported before, and has read the environment then

import numba.cuda  # noqa: E402  (what decides must come first)

cuda: Any = numba.cuda  # numba does not say of what types its parts are

if not HAS_GPU:
    if "simulator" not in cuda.device_array.__module__:
        raise ImportError(
            "reference.shared.gpu.backend: expected to be imported before numba.cuda, which has now chosen a GPU "
            "that is not here; "
            "move `from reference.shared.gpu.backend import cuda, launch` above every import of numba.cuda"
        )
    from reference.shared.simulators import scheduler as simt

    simt.install()
if HAS_TRITON:
    import triton

    if not HAS_GPU:
        knobs: Any = triton.knobs  # pyright: ignore[reportAttributeAccessIssue]
        knobs.compilation.front_end_debugging = True  # the interpreter's errors come as they are
        from reference.shared.simulators import triton_numbers

        triton_numbers.install()


def backend() -> str:
    """One line: what runs the kernels here."""
    if HAS_GPU:
        import torch

        return f"Kernels run on the GPU: {torch.cuda.get_device_name()}."
    language = "Triton's interpreter" if HAS_TRITON else "no Triton (it is made for Linux alone)"
    why = "No NVIDIA GPU here" if OBSTACLE == "absent" else "The GPU is not used (./mlsys doctor says why)"
    return f"{why}: kernels run on numba-cuda's simulator and {language}. Right numbers, no speed."


def launch(kernel: Any, grid: int | tuple[int, ...], block: int | tuple[int, ...], *args: Any) -> None:
    """Run a `@cuda.jit` kernel on `grid` blocks of `block` threads and wait for it.

    args: numbers, NumPy arrays, torch tensors (of the GPU, where there is one). Raises NotImplementedError when the
    kernel's body is still to be written (on a GPU it would silently do nothing), TypeError for a grid or block that is
    not whole numbers, and ValueError for one that no GPU starts: more than 1024 threads a block, a dimension below 1,
    or one above what it may be.
    """
    refuse_unwritten(kernel)
    grid, block = _dimensions("grid", grid), _dimensions("block", block)
    kernel[grid, block](*(_device(arg) for arg in args))
    if HAS_GPU:
        cuda.synchronize()


def empty(shape: int | tuple[int, ...], like: Any, dtype: Any = None) -> Any:
    """A result that nobody has written yet: an array, or a tensor where `like` is one (on its device, of its dtype).

    Without a GPU it holds NaN (integers: the smallest number), so that an element which no thread writes is seen.
    """
    if type(like).__module__.startswith("torch"):
        import torch

        result = torch.empty(shape, dtype=dtype or like.dtype, device=like.device)
        if result.device.type == "cpu":
            result.fill_(float("nan") if result.is_floating_point() else torch.iinfo(result.dtype).min)
        return result
    kind = np.dtype(dtype or like.dtype)
    return np.full(shape, np.nan if kind.kind == "f" else np.iinfo(kind).min, kind)


def refuse_unwritten(kernel: Any) -> None:
    """Raise the NotImplementedError of a kernel (numba's or Triton's) whose body is still to be written.

    The device functions that it calls by name count as part of it.
    """
    waiting, seen = [kernel], set[int]()
    while waiting:
        function = _function(waiting.pop())
        code: CodeType | None = getattr(function, "__code__", None)
        if code is None or id(code) in seen:
            continue
        seen.add(id(code))
        if "NotImplementedError" in code.co_names:
            for constant in code.co_consts:
                if isinstance(constant, str) and UNWRITTEN.match(constant):
                    raise NotImplementedError(constant)
        called = (function.__globals__.get(name) for name in code.co_names)
        waiting += [each for each in called if hasattr(each, "py_func") or hasattr(each, "fn")]


def _function(kernel: Any) -> Any:
    """The Python function that a kernel was made of."""
    function = getattr(kernel, "py_func", None) or getattr(kernel, "fn", kernel)
    while not hasattr(function, "__code__") and hasattr(function, "fn"):
        function = function.fn  # Triton's autotuner holds the kernel that it tunes
    return function


def _dimensions(name: str, value: int | tuple[int, ...]) -> tuple[int, ...]:
    try:
        sizes = tuple(map(index, value)) if isinstance(value, tuple | list) else (index(value),)
    except TypeError:
        raise TypeError(
            f"launch: expected whole numbers for the {name}, got {value}; try -(-n // size), which rounds up"
        ) from None
    if not 1 <= len(sizes) <= 3 or min(sizes) < 1:
        raise ValueError(f"launch: expected 1 to 3 {name} dimensions of at least 1, got {value}")
    if name == "block" and math.prod(sizes) > 1024:
        raise ValueError(f"launch: a block has at most 1024 threads; got {sizes}, {math.prod(sizes)} threads")
    if any(size > limit for size, limit in zip(sizes, MOST[name], strict=False)):
        raise ValueError(f"launch: a {name} has at most {MOST[name]} along x, y and z; got {sizes}")
    return sizes


def _device(arg: Any) -> Any:
    if not type(arg).__module__.startswith("torch"):
        return arg
    return cuda.as_cuda_array(arg.detach()) if HAS_GPU else arg.detach().numpy()
