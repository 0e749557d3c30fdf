"""Operand checks and launch for the rungs of the ladder. Given: do not edit.

    c = product(_kernel, a, b, grid, block)     # allocates c, launches _kernel(a, b, c)

Operands are float32 NumPy arrays, or float32 torch tensors on the device that runs the
kernels; the result is of the same kind. No function here reads an element.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.shared import gpu

DEVICE = gpu.select().device  # of the torch tensors that kernels take: "cuda" or "cpu"


def check_operands(a: Any, b: Any) -> tuple[int, int, int]:
    """Return the sizes (m, k, n) of the product of `a` (m, k) and `b` (k, n).

    Strides are arbitrary, and any size may be 0. Cost: O(1); no element is read.

    Raises:
        TypeError: an operand is neither a NumPy array nor a torch tensor, the two are
            of different kinds, or one is not float32.
        ValueError: an operand is not 2-D, the inner sizes differ, or a tensor is not on
            the device that runs the kernels.
    """
    for name, x in (("a", a), ("b", b)):
        if not isinstance(x, np.ndarray) and not is_tensor(x):
            raise TypeError(
                f"{name}: expected a NumPy array or a torch tensor, got {type(x).__name__}; "
                f"try np.array({name}, dtype=np.float32)"
            )
        kind = str(x.dtype).removeprefix("torch.")
        if kind != "float32":
            cast = f"{name}.float()" if is_tensor(x) else f"{name}.astype(np.float32)"
            raise TypeError(f"{name}: expected dtype float32, got {kind}; try {cast}")
    if is_tensor(a) != is_tensor(b):
        kinds = ["a torch tensor" if is_tensor(x) else "a NumPy array" for x in (a, b)]
        raise TypeError(
            f"expected two operands of one kind, got {kinds[0]} and {kinds[1]}; try torch.as_tensor"
        )
    for name, x in (("a", a), ("b", b)):
        if x.ndim != 2:
            raise ValueError(
                f"{name}: expected 2 dimensions, got shape {tuple(x.shape)}; try {name}.reshape(rows, columns)"
            )
        if is_tensor(x) and x.device.type != DEVICE:
            raise ValueError(
                f"{name}: expected a tensor on {DEVICE!r}, where the kernels run, got {x.device.type!r}; "
                f"try {name}.to({DEVICE!r})"
            )
    if a.shape[1] != b.shape[0]:
        raise ValueError(
            f"expected as many columns in a as rows in b, got shapes {tuple(a.shape)} and {tuple(b.shape)}; "
            "try transposing one of them"
        )
    return a.shape[0], a.shape[1], b.shape[1]


def product(kernel: Any, a: Any, b: Any, grid: tuple[int, int], block: int | tuple[int, int]) -> Any:
    """Return a new (m, n) matrix, filled by `kernel(a, b, c)` on `grid` x `block`.

    The kernel gets three row-major matrices. An operand with other strides is copied
    first, which reads and writes 4 (m k) or 4 (k n) bytes. If a size is 0, nothing is
    launched, and the sums are 0.
    Raises as `check_operands` and `reference.shared.gpu.launch` do.
    """
    m, k, n = check_operands(a, b)
    c = gpu.empty((m, n), a)
    if 0 in (m, k, n):
        c[...] = 0
    else:
        gpu.launch(kernel, grid, block, contiguous(a), contiguous(b), c)
    return c


def ceil_div(count: int, size: int) -> int:
    """Return the number of pieces of `size` that cover `count`: 3 for 9 and 4."""
    return -(-count // size)


def padded(x: Any, row_multiple: int, column_multiple: int) -> Any:
    """Return `x` row-major and 16-byte aligned, zero-padded to these multiples.

    Returns `x` itself if it already is; otherwise a copy, which reads and writes every
    element once.
    """
    rows, columns = (
        ceil_div(size, multiple) * multiple
        for size, multiple in zip(x.shape, (row_multiple, column_multiple), strict=True)
    )
    whole = contiguous(x)
    if (rows, columns) == tuple(x.shape) and address(whole) % 16 == 0:
        return whole
    result = gpu.empty((rows, columns), x)
    result[...] = 0
    result[: x.shape[0], : x.shape[1]] = x
    return result


def contiguous(x: Any) -> Any:
    """Return `x` row-major without gaps: itself, or a copy."""
    return x.contiguous() if is_tensor(x) else np.ascontiguousarray(x)


def address(x: Any) -> int:
    """Return the address of the first element, in bytes."""
    return x.data_ptr() if is_tensor(x) else x.__array_interface__["data"][0]


def is_tensor(x: Any) -> bool:
    """Return True if `x` is a torch tensor, without importing torch."""
    return type(x).__module__.split(".")[0] == "torch" and hasattr(x, "data_ptr")
