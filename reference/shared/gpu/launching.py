"""Launch CUDA kernels, and allocate the arrays and tensors that they write to."""

from __future__ import annotations

import math
import re
from operator import index
from types import CodeType
from typing import Any

import numpy as np

from reference.shared.gpu.backend import Backend, select

UNWRITTEN = re.compile(r"\d\d\.\d+ \w+(?: \(.+?\))?: ")  # how the message of an emptied body begins
# Along x, y and z. Source: CUDA C++ Programming Guide, table of technical specifications.
MOST = {"grid": (2**31 - 1, 65535, 65535), "block": (1024, 1024, 64)}


def launch(kernel: Any, grid: int | tuple[int, ...], block: int | tuple[int, ...], *args: Any) -> None:
    """Run a `@cuda.jit` kernel on `grid` blocks of `block` threads and wait for it.

    args: numbers, NumPy arrays, torch tensors (on the GPU, if there is one). Raises NotImplementedError if
    the kernel's body is not written yet (a GPU would silently do nothing), TypeError if grid or block are not
    integers, and ValueError if no GPU can launch them: more than 1024 threads per block, or a size below 1 or
    above its limit.
    """
    refuse_unwritten(kernel)
    grid, block = _dimensions("grid", grid), _dimensions("block", block)
    backend = select()
    kernel[grid, block](*(_device(arg, backend) for arg in args))
    if backend.has_gpu:
        backend.cuda.synchronize()


def empty(shape: int | tuple[int, ...], like: Any, dtype: Any = None) -> Any:
    """Return an uninitialized array, or a tensor if `like` is one (on its device, with its dtype).

    Without a GPU it holds NaN (integers: the smallest number), which shows elements that no thread writes.
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
    """Raise the NotImplementedError of a kernel (numba's or Triton's) whose body is not written yet.

    The device functions that it calls by name are part of it.
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
    """Return the Python function of a kernel."""
    function = getattr(kernel, "py_func", None) or getattr(kernel, "fn", kernel)
    while not hasattr(function, "__code__") and hasattr(function, "fn"):
        function = function.fn  # Triton's autotuner holds the kernel that it tunes
    return function


def _dimensions(name: str, value: int | tuple[int, ...]) -> tuple[int, ...]:
    try:
        sizes = tuple(map(index, value)) if isinstance(value, tuple | list) else (index(value),)
    except TypeError:
        raise TypeError(
            f"launch: expected integers for the {name}, got {value}; try -(-n // size), which rounds up"
        ) from None
    if not 1 <= len(sizes) <= 3 or min(sizes) < 1:
        raise ValueError(f"launch: expected 1 to 3 {name} dimensions of at least 1, got {value}")
    if name == "block" and math.prod(sizes) > 1024:
        raise ValueError(
            f"launch: expected a block of at most 1024 threads, got {sizes}, {math.prod(sizes)} threads"
        )
    if any(size > limit for size, limit in zip(sizes, MOST[name], strict=False)):
        raise ValueError(f"launch: expected a {name} of at most {MOST[name]} along x, y and z, got {sizes}")
    return sizes


def _device(arg: Any, backend: Backend) -> Any:
    if not type(arg).__module__.startswith("torch"):
        return arg
    return backend.cuda.as_cuda_array(arg.detach()) if backend.has_gpu else arg.detach().numpy()
