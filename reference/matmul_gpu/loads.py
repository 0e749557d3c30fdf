"""Loads and stores of 16 bytes, and indices known to be >= 0. Given: do not edit.

    w, x, y, z = load4(a, i, j)         # a[i, j], a[i, j + 1], a[i, j + 2], a[i, j + 3]
    store4((w, x, y, z), a, i, j)       # and back
    p = natural(p)                      # p, which is never negative

`a` is a row-major 2-D float32 array of a kernel, in global or in shared memory. The
address of a[i, j] must be a multiple of 16: j and the length of a row are multiples of
4, and a shared array is declared with an alignment,
`cuda.shared.array(shape, np.float32, 16)`. A GPU stops at any other address; the
simulator reports the line.

A Python index may count from the end, so numba's code tests whether each index is
negative, unless the compiler can prove that it is not. It cannot prove this for
`cuda.threadIdx.x` and for the variable of a loop. `natural` is that proof. It costs one
instruction, and saves some at each use: in rung 4 it shortens the inner loop from 191
instructions to 95, of which 64 are the multiply-adds
(python -m reference.benchmarks.matmul_gpu.machine_code). `load4` and `store4` have no
such test.

numba has no such load, but LLVM has: an `@intrinsic` emits the instruction. On a GPU it
becomes ld.global.v4.f32 or ld.shared.v4.f32 (PTX ISA, "Data Movement and Conversion
Instructions: ld").
"""

from __future__ import annotations

from typing import Any

from reference.shared import gpu

if gpu.select().has_gpu:
    from llvmlite import ir
    from numba.core import types
    from numba.cuda import cgutils  # pyright: ignore[reportAttributeAccessIssue]
    from numba.cuda.extending import intrinsic

    FLOAT4 = types.UniTuple(types.float32, 4)
    VECTOR = ir.VectorType(ir.FloatType(), 4)

    def _pointer(context: Any, builder: Any, array_type: Any, array: Any, i: Any, j: Any) -> Any:
        """Return the address of array[i, j], as a pointer to four numbers."""
        if array_type.ndim != 2 or array_type.layout != "C" or array_type.dtype != types.float32:
            raise TypeError(f"expected a row-major 2-D array of float32, got {array_type}")
        view = context.make_array(array_type)(context, builder, array)
        row_length = builder.extract_value(view.shape, 1)
        place = builder.gep(view.data, [builder.add(builder.mul(i, row_length), j)])
        return builder.bitcast(place, VECTOR.as_pointer())

    @intrinsic
    def load4(_typing, a, i, j):  # pyright: ignore[reportRedeclaration]
        def emit(context, builder, _signature, args):
            four = builder.load(_pointer(context, builder, a, *args), align=16)
            return cgutils.pack_array(
                builder, [builder.extract_element(four, ir.Constant(ir.IntType(32), n)) for n in range(4)]
            )

        return FLOAT4(a, types.intp, types.intp), emit

    @intrinsic
    def store4(_typing, values, a, i, j):  # pyright: ignore[reportRedeclaration]
        def emit(context, builder, _signature, args):
            four = ir.Constant(VECTOR, ir.Undefined)
            for n in range(4):
                number = builder.extract_value(args[0], n)
                four = builder.insert_element(four, number, ir.Constant(ir.IntType(32), n))
            builder.store(four, _pointer(context, builder, a, *args[1:]), align=16)
            return context.get_dummy_value()

        return types.none(FLOAT4, a, types.intp, types.intp), emit

    @intrinsic
    def natural(_typing, i):  # pyright: ignore[reportRedeclaration]
        def emit(_context, builder, _signature, args):
            return builder.and_(args[0], ir.Constant(args[0].type, 2**31 - 1))

        return types.intp(types.intp), emit

else:

    def load4(a: Any, i: int, j: int) -> tuple[Any, Any, Any, Any]:
        """Return a[i, j] to a[i, j + 3], with one load of 16 bytes."""
        return a.load4(i, j)

    def store4(values: tuple[Any, Any, Any, Any], a: Any, i: int, j: int) -> None:
        """Write `values` to a[i, j] to a[i, j + 3], with one store of 16 bytes."""
        a.store4(values, i, j)

    def natural(i: int) -> int:
        """Return `i`, an index from 0 to 2^31 - 1. Raises IndexError for any other."""
        if not 0 <= i < 2**31:
            raise IndexError(f"natural: expected an index from 0 to 2^31 - 1, got {i}")
        return i
