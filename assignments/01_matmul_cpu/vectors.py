"""Given: vector registers for numba. Each function is one LLVM instruction.

numba has no vector type, but LLVM has: an `@intrinsic` writes its instructions.
`tile_shape` decides the size of a vector and of a tile once, from the CPU's features.
The type of a shape carries these numbers: to the compiler they are constants.

    acc = registers(shape)         # shape.rows x shape.vectors vectors, all zero
    x = broadcast(shape, panel, 5) # panel[5] in every lane
    y = load(shape, panel, 16)     # panel[16], panel[17], ..., one in each lane
    acc[0, 1] = fma(x, y, acc[0, 1])  # x * y + acc[0, 1] by lanes, rounded once
    store(panel, 32, acc[0, 1])    # panel[32], panel[33], ... = the lanes

Arrays are flat and contiguous. No function checks an index.
"""

from __future__ import annotations

import hashlib
import operator
import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numba.extending
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_constant, lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import (
    NativeValue,
    lower_builtin,
    models,
    register_model,
    type_callable,
    typeof_impl,
    unbox,
)

from reference.shared.machine import machine

# To a type checker: what it decorates is called without the first parameter.
intrinsic: Any = numba.extending.intrinsic
INT = ir.IntType(32)


@dataclass(frozen=True)
class TileShape:
    """The register tile: `rows` x `vectors` vectors of `lanes` elements of `dtype`.

    dtype: "float32" or "float64".
    """

    dtype: str
    lanes: int
    rows: int
    vectors: int
    build: str = ""  # part of numba's cache key: kernels compiled from other source files are not reused

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return 4 if self.dtype == "float32" else 8

    @property
    def width(self) -> int:
        """Columns of C in one tile."""
        return self.vectors * self.lanes


def vector_bits() -> int:
    """Bits in one vector register: 512, 256 or 128; MLSYS_VECTOR_BITS asks for less."""
    widest = machine().vector_bits if machine().fma else 128
    wanted = os.environ.get("MLSYS_VECTOR_BITS", "")
    if wanted not in {"", "128", "256", "512"}:
        raise ValueError(f"MLSYS_VECTOR_BITS: expected 128, 256 or 512, got {wanted!r}")
    return min(int(wanted or widest), widest)


@cache
def source_build(*names: str) -> str:
    """A short hash of this file and of the named files beside it."""
    texts = (Path(__file__).with_name(name).read_bytes() for name in (Path(__file__).name, *names))
    return hashlib.sha256(b"".join(texts)).hexdigest()[:12]


def tile_shape(dtype: Any, build: str = "") -> TileShape:
    """The tile that fills this CPU's vector registers, with room for the operands."""
    # AVX-512 and NEON have 32 registers: 24 accumulate. AVX2 and SSE have 16: 12 do.
    bits = vector_bits()
    many = bits == 512 or platform.machine().lower() in {"arm64", "aarch64"}
    rows, vectors = (8, 3) if many else (6, 2)
    size = np.dtype(dtype).itemsize
    return TileShape(np.dtype(dtype).name, bits // (8 * size), rows, vectors, build or source_build())


# ---- the types: how numba and LLVM see a shape, a vector and a tile of registers


def element_type(dtype: str) -> ir.Type:
    return ir.FloatType() if dtype == "float32" else ir.DoubleType()


class ShapeType(types.Opaque):
    """The type of a TileShape: its numbers are constants in compiled code."""

    def __init__(self, shape: TileShape):
        self.shape = shape
        super().__init__(name=repr(shape))


class VectorType(types.Type):
    """One vector register: `lanes` numbers of one dtype."""

    def __init__(self, dtype: str, lanes: int):
        self.dtype, self.lanes = dtype, lanes
        super().__init__(name=f"Vector({dtype} x {lanes})")

    @property
    def llvm(self) -> ir.VectorType:
        return ir.VectorType(element_type(self.dtype), self.lanes)


class RegistersType(types.Type):
    """A rows x vectors array of vectors; in registers if all indices are constants."""

    def __init__(self, shape: TileShape):
        self.shape, self.vector = shape, VectorType(shape.dtype, shape.lanes)
        super().__init__(name=f"Registers({shape!r})")

    @property
    def llvm(self) -> ir.PointerType:
        return ir.ArrayType(self.vector.llvm, self.shape.rows * self.shape.vectors).as_pointer()


class _Model(models.PrimitiveModel):
    def __init__(self, manager, fe_type):
        super().__init__(manager, fe_type, fe_type.llvm)


register_model(VectorType)(_Model)
register_model(RegistersType)(_Model)
register_model(ShapeType)(models.OpaqueModel)


@typeof_impl.register(TileShape)
def _typeof_shape(value, _context):
    return ShapeType(value)


@lower_constant(ShapeType)
def _constant_shape(context, _builder, _type, _value):
    return context.get_dummy_value()


@unbox(ShapeType)
def _unbox_shape(_type, _object, context):
    return NativeValue(context.context.get_dummy_value())


@infer_getattr
class _ShapeAttributes(AttributeTemplate):
    key = ShapeType

    def generic_resolve(self, _shape, attr):
        return types.intp if attr in {"rows", "vectors", "lanes", "width", "itemsize"} else None


@lower_getattr_generic(ShapeType)
def _shape_attribute(context, _builder, shape, _value, attr):
    return context.get_constant(types.intp, getattr(shape.shape, attr))


# ---- the instructions


def address_of(context, builder, array_type, array, index):
    """LLVM pointer to `array[index]`."""
    return builder.gep(context.make_array(array_type)(context, builder, array).data, [index])


def splat(builder, scalar, vector: ir.VectorType):
    """The vector with `scalar` in every lane: one broadcast instruction."""
    nothing, zeros = ir.Constant(vector, ir.Undefined), [0] * vector.count
    first = builder.insert_element(nothing, scalar, ir.Constant(INT, 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(INT, vector.count), zeros))


def fused(builder, vector: ir.VectorType, x, y, z):
    """x * y + z by LLVM's fma intrinsic."""
    name = f"llvm.fma.v{vector.count}f{32 if vector.element == ir.FloatType() else 64}"
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector] * 3), name)
    return builder.call(function, [x, y, z])


@intrinsic
def registers(_typing, shape):
    """A tile of shape.rows x shape.vectors vectors, all zero.

    Read and write its vectors as tile[i, j].
    """
    tile = RegistersType(shape.shape)

    def emit(context, builder, _signature, _args):
        return cgutils.alloca_once_value(builder, ir.Constant(context.get_value_type(tile).pointee, None))

    return tile(shape), emit


@intrinsic
def load(_typing, shape, array, index):
    """The vector array[index], array[index + 1], ..."""
    vector = VectorType(shape.shape.dtype, shape.shape.lanes)

    def emit(context, builder, _signature, args):
        place = builder.bitcast(address_of(context, builder, array, *args[1:]), vector.llvm.as_pointer())
        return builder.load(place, align=array.dtype.bitwidth // 8)

    return vector(shape, array, types.intp), emit


@intrinsic
def broadcast(_typing, shape, array, index):
    """The vector with array[index] in every lane."""
    vector = VectorType(shape.shape.dtype, shape.shape.lanes)

    def emit(context, builder, _signature, args):
        return splat(builder, builder.load(address_of(context, builder, array, *args[1:])), vector.llvm)

    return vector(shape, array, types.intp), emit


@intrinsic
def store(_typing, array, index, vector):
    """array[index], array[index + 1], ... = the lanes of `vector`."""

    def emit(context, builder, _signature, args):
        place = builder.bitcast(address_of(context, builder, array, *args[:2]), vector.llvm.as_pointer())
        builder.store(args[2], place, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.none(array, types.intp, vector), emit


@intrinsic
def fma(_typing, x, y, z):
    """x * y + z by lanes, rounded once: one instruction, two operations a lane."""

    def emit(_context, builder, _signature, args):
        return fused(builder, x.llvm, *args)

    return x(x, y, z), emit


# ---- tile[i, j], tile[i, j] = vector, and vector + vector


@type_callable(operator.getitem)
def _type_get(_context):
    return lambda tile, _index: tile.vector if isinstance(tile, RegistersType) else None


@type_callable(operator.setitem)
def _type_set(_context):
    return lambda tile, _index, x: (
        types.none if isinstance(tile, RegistersType) and x == tile.vector else None
    )


def _place(context, builder, signature, args):
    tile, index = signature.args[:2]
    i, j = (context.cast(builder, builder.extract_value(args[1], n), index[n], types.intp) for n in (0, 1))
    offset = builder.add(builder.mul(i, ir.Constant(i.type, tile.shape.vectors)), j)
    return builder.gep(args[0], [ir.Constant(INT, 0), offset])


@lower_builtin(operator.getitem, RegistersType, types.BaseTuple)
def _get(context, builder, signature, args):
    return builder.load(_place(context, builder, signature, args))


@lower_builtin(operator.setitem, RegistersType, types.BaseTuple, VectorType)
def _set(context, builder, signature, args):
    builder.store(args[2], _place(context, builder, signature, args))
    return context.get_dummy_value()


@type_callable(operator.add)
def _type_add(_context):
    return lambda x, y: x if isinstance(x, VectorType) and x == y else None


@lower_builtin(operator.add, VectorType, VectorType)
def _add(_context, builder, _signature, args):
    return builder.fadd(*args)
