"""Memory by address for the production kernel: vectors, numbers, prefetches, atomics.

`gemm.py` hands work to threads that are already inside compiled code, as a row of
integers: addresses, strides and sizes. With these intrinsics compiled code reads and
writes through such an address. An `offset` counts elements of the shape's dtype. No
function checks anything.
"""

from __future__ import annotations

import platform
from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils

from reference.matmul_cpu.vectors import INT, VectorType, element_type, fused, intrinsic, splat

cfunc: Any = numba.cfunc  # to a type checker: a compiled function has an address
BYTE = ir.IntType(8)
WORD = ir.IntType(64)


def pointer(builder, element: ir.Type, address, *offsets):
    """LLVM pointer to element number sum(offsets) from `address`."""
    place = builder.inttoptr(address, element.as_pointer())
    for offset in offsets:
        place = builder.gep(place, [offset])
    return place


def number(value: int):
    return ir.Constant(WORD, value)


def prefetch_line(builder, place, *, write: bool, locality: int = 3) -> None:
    """Ask for the cache line of `place`; never faults, so the address may lie outside an array."""
    kinds = [BYTE.as_pointer(), INT, INT, INT]
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(ir.VoidType(), kinds), "llvm.prefetch.p0"
    )
    flags = [ir.Constant(INT, int(write)), ir.Constant(INT, locality), ir.Constant(INT, 1)]
    builder.call(function, [builder.bitcast(place, BYTE.as_pointer()), *flags])


@intrinsic
def vector_at(_typing, shape, address, offset):
    """The vector whose first lane is element `offset` from `address`."""
    vector = VectorType(shape.shape.dtype, shape.shape.lanes)

    def emit(_context, builder, _signature, args):
        place = pointer(builder, vector.llvm.element, *args[1:])
        return builder.load(builder.bitcast(place, vector.llvm.as_pointer()), align=shape.shape.itemsize)

    return vector(shape, types.intp, types.intp), emit


@intrinsic
def put_vector(_typing, shape, address, offset, vector):
    """Write a vector to element `offset` from `address`."""

    def emit(context, builder, _signature, args):
        place = pointer(builder, vector.llvm.element, *args[1:3])
        builder.store(args[3], builder.bitcast(place, vector.llvm.as_pointer()), align=shape.shape.itemsize)
        return context.get_dummy_value()

    return types.none(shape, types.intp, types.intp, vector), emit


@intrinsic
def number_at(_typing, shape, address, offset):
    """Element `offset` from `address`."""
    dtype = types.float32 if shape.shape.dtype == "float32" else types.float64

    def emit(context, builder, _signature, args):
        return builder.load(pointer(builder, context.get_value_type(dtype), *args[1:]))

    return dtype(shape, types.intp, types.intp), emit


@intrinsic
def put_number(_typing, shape, address, offset, value):
    """Write one number to element `offset` from `address`."""
    dtype = types.float32 if shape.shape.dtype == "float32" else types.float64

    def emit(context, builder, _signature, args):
        builder.store(args[3], pointer(builder, context.get_value_type(dtype), *args[1:3]))
        return context.get_dummy_value()

    return types.none(shape, types.intp, types.intp, dtype), emit


@intrinsic(prefer_literal=True)
def prefetch(_typing, shape, address, offset, write, locality):
    """Ask for the cache line of element `offset` from `address`.

    write: 0 or 1. locality: 3 for L1, 2 for L2.
    """

    def emit(context, builder, _signature, args):
        place = pointer(builder, element_type(shape.shape.dtype), *args[1:3])
        prefetch_line(builder, place, write=bool(write.literal_value), locality=locality.literal_value)
        return context.get_dummy_value()

    return types.none(shape, types.intp, types.intp, write, locality), emit


@intrinsic
def scratch(_typing, shape):
    """Address of a buffer on the stack for one tile."""

    def emit(_context, builder, _signature, _args):
        vector = ir.VectorType(element_type(shape.shape.dtype), shape.shape.lanes)
        buffer = cgutils.alloca_once(builder, ir.ArrayType(vector, shape.shape.rows * shape.shape.vectors))
        return builder.ptrtoint(buffer, WORD)

    return types.intp(shape), emit


@intrinsic(prefer_literal=True)
def rank_updates(_typing, shape, tile, a, a_stride, b, b_stride, panel, count, ahead, copy):
    """tile += the outer products of the next `count` columns of A and rows of B.

    a and b: the addresses of the first. Rows of A are a_stride apart, rows of B
    b_stride. B is fetched into L1 `ahead` rows early. With `copy` the rows of B are
    also written to `panel`, one after the other. The loops over rows and vectors are
    unrolled here and not by LLVM, because `count` tiles are more than it unrolls by
    itself.
    """
    one = shape.shape
    vector = VectorType(one.dtype, one.lanes).llvm
    element = vector.element

    def emit(context, builder, _signature, args):
        _, registers_, a_, a_stride_, b_, b_stride_, panel_ = args[:7]
        rows = [pointer(builder, element, a_, builder.mul(number(i), a_stride_)) for i in range(one.rows)]
        cells = [
            builder.gep(registers_, [ir.Constant(INT, 0), ir.Constant(INT, n)])
            for n in range(one.rows * one.vectors)
        ]
        sums = [builder.load(cell) for cell in cells]
        for step in range(count.literal_value):
            b_row = pointer(builder, element, b_, builder.mul(number(step), b_stride_))
            early = builder.gep(b_row, [builder.mul(number(ahead.literal_value), b_stride_)])
            y = []
            for j in range(one.vectors):
                place = builder.gep(b_row, [number(j * one.lanes)])
                y.append(builder.load(builder.bitcast(place, vector.as_pointer()), align=one.itemsize))
                prefetch_line(builder, builder.gep(early, [number(j * one.lanes)]), write=False)
                if copy.literal_value:
                    place = pointer(builder, element, panel_, number(step * one.width + j * one.lanes))
                    builder.store(y[j], builder.bitcast(place, vector.as_pointer()), align=one.itemsize)
            for i in range(one.rows):
                x = splat(builder, builder.load(builder.gep(rows[i], [number(step)])), vector)
                for j in range(one.vectors):
                    n = i * one.vectors + j
                    sums[n] = fused(builder, vector, x, y[j], sums[n])
        for cell, value in zip(cells, sums, strict=True):
            builder.store(value, cell)
        return context.get_dummy_value()

    return types.none(shape, tile, *(types.intp,) * 5, count, ahead, copy), emit


@intrinsic
def call_kernel(_typing, kernel, words):
    """Call the compiled function at address `kernel` with a tuple of 64-bit integers."""

    def emit(context, builder, _signature, args):
        values = [builder.extract_value(args[1], n) for n in range(len(words))]
        kind = ir.FunctionType(ir.VoidType(), [WORD] * len(values))
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), values)
        return context.get_dummy_value()

    return types.none(types.int64, words), emit


# ---- atomics on 64-bit words, and what a thread does while it waits


@intrinsic
def fetch_add(_typing, address, value):
    """Add `value` to the word at `address`, atomically; returns the word as it was."""

    def emit(_context, builder, _signature, args):
        return builder.atomic_rmw("add", pointer(builder, WORD, args[0]), args[1], "seq_cst")

    return types.int64(types.int64, types.int64), emit


@intrinsic
def exchange_if(_typing, address, old, new):
    """Replace the word at `address` by `new` if it is `old`; returns True if it was."""

    def emit(_context, builder, _signature, args):
        pair = builder.cmpxchg(
            pointer(builder, WORD, args[0]), args[1], args[2], ordering="seq_cst", failordering="seq_cst"
        )
        return builder.extract_value(pair, 1)

    return types.boolean(types.int64, types.int64, types.int64), emit


@intrinsic
def word_at(_typing, address):
    """The word at `address`, as other threads left it."""

    def emit(_context, builder, _signature, args):
        return builder.load_atomic(pointer(builder, WORD, args[0]), ordering="seq_cst", align=8)

    return types.int64(types.int64), emit


@intrinsic
def put_word(_typing, address, value):
    """Write the word at `address`.

    A thread that reads it also sees everything that this thread wrote before.
    """

    def emit(context, builder, _signature, args):
        builder.store_atomic(args[1], pointer(builder, WORD, args[0]), ordering="seq_cst", align=8)
        return context.get_dummy_value()

    return types.none(types.int64, types.int64), emit


@intrinsic
def pause(_typing):
    """Tell the core that this is a waiting loop."""

    def emit(context, builder, _signature, _args):
        if platform.machine().lower() in {"x86_64", "amd64"}:
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), [])
        return context.get_dummy_value()

    return types.none(), emit
