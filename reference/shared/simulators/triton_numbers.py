"""bfloat16 and TF32 arithmetic for Triton's interpreter, as a GPU computes it.

The interpreter of Triton 3.7 keeps a bfloat16 as 16 bits, and adds and multiplies these bits as integers; a
conversion to bfloat16 truncates, where a GPU rounds to nearest. `tl.dot` of float32 uses all 24 bits of a
significand, whatever `input_precision` says, where a GPU's tensor cores use 11 unless it is "ieee".
`install()` fixes both, so that a kernel that is wrong on a GPU is wrong here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TF32_DROPS = np.uint32(13)  # bits of a float32 that a TF32 does not have


def install() -> None:
    """Patch the interpreter of this process, once. Only `gpu.select` calls this, without a GPU."""
    from triton.runtime import interpreter

    builder: Any = interpreter.InterpreterBuilder
    if not hasattr(builder, "get_bf16"):
        builder.get_bf16 = lambda self, value: _bfloat16(self.get_fp32(value))  # a number beside a bfloat16
        builder.binary_op = _floats(builder.binary_op)
        builder.cast_impl = _cast(builder.cast_impl)
        builder.create_fma = _floats(builder.create_fma)
        builder.create_dot = _dot(builder.create_dot)
        reduce: Any = interpreter.ReduceOps
        reduce.sum = _sum(interpreter.ReduceOps.sum)


def widen(bits: np.ndarray) -> np.ndarray:
    """Return the float32 values of bfloat16 bits: exact, a bfloat16 is the upper half of a float32."""
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)


def narrow(values: np.ndarray) -> np.ndarray:
    """Return the bits of the nearest bfloat16 values; a tie goes to the value whose last bit is 0."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    with np.errstate(over="ignore"):
        half = np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
        rounded = (bits + half) >> np.uint32(16)
    return np.where(np.isnan(values), np.uint32(0x7FC0), rounded).astype(np.uint16)


def tf32(values: np.ndarray) -> np.ndarray:
    """Round each float32 to 10 fraction bits, as PTX's cvt.rna.tf32.f32 does."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    half = np.uint32(1) << (TF32_DROPS - np.uint32(1))
    rounded = ((bits + half) >> TF32_DROPS) << TF32_DROPS
    return np.where(np.isfinite(values), rounded, bits).view(np.float32)


def _is_bfloat16(handle: Any) -> bool:
    # The result of a comparison keeps the type of its operands, and holds truth values.
    return str(handle.dtype.scalar) == "bf16" and handle.data.dtype == np.uint16


def _float32(handle: Any) -> Any:
    from triton.language import float32

    return type(handle)(widen(handle.data), float32) if _is_bfloat16(handle) else handle


def _bfloat16(handle: Any) -> Any:
    from triton.language import bfloat16, int1

    if handle.data.dtype == bool:
        return type(handle)(handle.data, int1)
    return type(handle)(narrow(handle.data), bfloat16)


def _floats(operation: Any) -> Any:
    """Wrap an operation on handles: compute bfloat16 operands in float32 and round once."""

    def corrected(self: Any, *args: Any) -> Any:
        if not any(hasattr(arg, "data") and _is_bfloat16(arg) for arg in args):
            return operation(self, *args)
        return _bfloat16(operation(self, *(_float32(arg) if hasattr(arg, "data") else arg for arg in args)))

    return corrected


def _cast(cast: Any) -> Any:
    def corrected(self: Any, source: Any, target: Any) -> Any:
        from triton.language import bfloat16, float32

        if target.scalar == bfloat16 and source.dtype.scalar != bfloat16:
            return _bfloat16(cast(self, source, float32))
        return cast(self, _float32(source), target)

    return corrected


def _dot(dot: Any) -> Any:
    def corrected(self: Any, a: Any, b: Any, d: Any, precision: Any, *rest: Any) -> Any:
        a, b = _float32(a), _float32(b)
        if precision.name == "TF32" and str(a.dtype.scalar) == "fp32":
            # A bfloat16 that was widened is a TF32 already.
            a, b = (type(each)(tf32(each.data), each.dtype) for each in (a, b))
        return dot(self, a, b, d, precision, *rest)

    return corrected


def _sum(total: Any) -> Any:
    def corrected(self: Any, operand: Any) -> Any:
        from triton.language import bfloat16

        if not _is_bfloat16(operand.handle):
            return total(self, operand)
        summed = np.sum(widen(operand.handle.data), axis=self.axis, keepdims=self.keep_dims)
        return self.to_tensor(narrow(np.asarray(summed)), bfloat16)

    return corrected
