"""The machine's two limits, measured: multiply-adds a second, and bytes a second to memory.

They are the two lines of the roofline (Williams, Waterman, Patterson, CACM 2009). Both return the best of
several runs, because a limit is what the machine can do, and noise only ever makes a run slower.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from reference.shared.machine import machine, usable_cores

RUN_SECONDS = 0.02  # one run: long against the start of a thread, short against a turbo budget
TRIAD_ARRAYS = 3
MIN_TRIAD_BYTES, MAX_TRIAD_BYTES = 64 * 2**20, 256 * 2**20


def measure_peak(dtype: Any = np.float32, threads: int | None = None, *, repeats: int = 15) -> float:
    """Floating-point operations a second of `threads` cores that do nothing but vector multiply-adds.

    dtype: float32 or float64. threads: default all usable cores. A multiply-add counts as 2 FLOP.
    The loop holds as many independent accumulators in registers as hide the latency of the unit, and touches
    no memory. Takes about 0.3 s, and as long again to compile. Raises ValueError for another dtype or a bad
    count.
    """
    dtype = np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"measure_peak: expected dtype float32 or float64, got {dtype}")
    threads = _check_count("measure_peak", "threads", usable_cores() if threads is None else threads)
    _check_count("measure_peak", "repeats", repeats)
    kernel, flop_a_pass = fma_kernel(dtype)
    passes = 1000
    while _wall([partial(kernel, passes, 1e-6)]) < RUN_SECONDS:
        passes *= 2
    runs = [_wall([partial(kernel, passes, 1e-6)] * threads) for _ in range(repeats)]
    return threads * passes * flop_a_pass / min(runs)


def measure_bandwidth(
    threads: int | None = None, *, working_set: int | None = None, repeats: int = 7
) -> float:
    """Bytes a second that `threads` cores move in the triad a = b + s*c of STREAM (McCalpin, 1995).

    working_set: bytes of the three float64 arrays together, so the level of the memory that holds them:
    half of L1 times threads measures L1. Default: arrays of 4 times the last-level cache, within 64 and 256
    MiB each, so memory. Counted as STREAM does: 24 bytes an element. (A CPU that reads a line before it
    writes it moves 32, so the wires carry 4/3 of this.) Raises ValueError for a bad count or fewer than
    1024 bytes a thread.
    """
    threads = _check_count("measure_bandwidth", "threads", usable_cores() if threads is None else threads)
    _check_count("measure_bandwidth", "repeats", repeats)
    if working_set is None:
        working_set = TRIAD_ARRAYS * min(max(4 * machine().l3, MIN_TRIAD_BYTES), MAX_TRIAD_BYTES)
    if working_set < 1024 * threads:
        raise ValueError(f"measure_bandwidth: expected at least {1024 * threads} bytes, got {working_set}")
    step = 16 * threads  # whole vectors for each thread
    size = working_set // TRIAD_ARRAYS // 8 // step * step
    target, left, right = np.zeros(size), np.full(size, 1.0), np.full(size, 2.0)
    parts = [part.reshape(threads, -1) for part in (target, left, right)]
    kernel, passes = triad_kernel(), 1
    jobs = [partial(kernel, *(part[i] for part in parts), 3.0) for i in range(threads)]
    while _wall([partial(job, passes) for job in jobs]) < RUN_SECONDS:
        passes *= 2
    runs = [_wall([partial(job, passes) for job in jobs]) for _ in range(repeats)]
    return passes * TRIAD_ARRAYS * 8 * size / min(runs)


@cache
def fma_kernel(dtype: np.dtype, accumulators: int | None = None) -> tuple[Callable[[int, float], float], int]:
    """(kernel(passes, seed), FLOP of one pass): `accumulators` independent vector multiply-adds a pass.

    Written in LLVM's own vectors, because a loop left to the auto-vectorizer gets 256-bit registers on many
    CPUs that have 512-bit ones. Releases the GIL.
    """
    from llvmlite import ir
    from numba import njit, types
    from numba.extending import intrinsic

    here = machine()
    lanes = here.vector_bits // 8 // dtype.itemsize
    # AVX-512 and NEON have 32 vector registers, the others 16; one holds the factor.
    count = accumulators or (24 if here.vector in {"AVX-512", "NEON"} else 12)
    scalar, number = (
        (ir.FloatType(), types.float32) if dtype == np.float32 else (ir.DoubleType(), types.float64)
    )
    vector = ir.VectorType(scalar, lanes)

    @intrinsic
    def multiply_adds(typingctx, passes, seed):  # noqa: ARG001
        def codegen(context, builder, signature, args):  # noqa: ARG001
            passes, seed = args
            factor = _splat(ir, builder, vector, seed)
            starts = [builder.fadd(factor, ir.Constant(vector, [float(i + 1)] * lanes)) for i in range(count)]
            before, loop = builder.block, builder.append_basic_block("multiply_adds")
            after = builder.append_basic_block("done")
            builder.branch(loop)
            builder.position_at_end(loop)
            step = builder.phi(passes.type)
            step.add_incoming(ir.Constant(passes.type, 0), before)
            sums = [builder.phi(vector) for _ in range(count)]
            for phi, start in zip(sums, starts, strict=True):
                phi.add_incoming(start, before)
            results = [_multiply_add(ir, builder, here.fma, factor, phi) for phi in sums]
            for phi, result in zip(sums, results, strict=True):
                phi.add_incoming(result, loop)
            following = builder.add(step, ir.Constant(passes.type, 1))
            step.add_incoming(following, loop)
            builder.cbranch(builder.icmp_signed("<", following, passes), loop, after)
            builder.position_at_end(after)
            total = results[0]
            for result in results[1:]:  # used, so that LLVM may not drop a sum
                total = builder.fadd(total, result)
            return builder.extract_element(total, ir.Constant(ir.IntType(32), 0))

        return number(types.int64, number), codegen

    @njit(number(types.int64, number), nogil=True)
    def kernel(passes, seed):
        return multiply_adds(passes, seed)  # pyright: ignore[reportCallIssue]

    return kernel, 2 * lanes * count


@cache
def triad_kernel() -> Callable[[np.ndarray, np.ndarray, np.ndarray, float, int], None]:
    """kernel(target, left, right, factor, passes): target = left + factor * right, 1-D float64, `passes`
    times.

    1-D float64 arrays. Releases the GIL.
    """
    from numba import njit, types

    array = types.float64[::1]

    @njit(types.void(array, array, array, types.float64, types.int64), nogil=True)
    def kernel(target, left, right, factor, passes):
        for _ in range(passes):
            for i in range(len(target)):
                target[i] = left[i] + factor * right[i]

    return kernel


def _splat(ir, builder, vector, value):
    zero = ir.Constant(ir.IntType(32), 0)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, zero)
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), [0] * vector.count)
    return builder.shuffle_vector(first, first, zeros)


def _multiply_add(ir, builder, fused, factor, total):
    if not fused:
        return builder.fadd(builder.fmul(factor, factor), total)
    kind = total.type
    name = f"llvm.fma.v{kind.count}{kind.element.intrinsic_name}"  # "llvm.fma.v16f32"
    signature = ir.FunctionType(kind, [kind] * 3)
    function = builder.module.globals.get(name) or ir.Function(builder.module, signature, name)
    return builder.call(function, [factor, factor, total])


def _wall(jobs: Sequence[Callable[[], object]]) -> float:
    """Seconds from the first start to the last end of `jobs`, each in its own thread."""
    if len(jobs) == 1:
        start = time.perf_counter()
        jobs[0]()
        return time.perf_counter() - start
    gate, starts, ends = threading.Barrier(len(jobs)), [0.0] * len(jobs), [0.0] * len(jobs)

    def work(i: int) -> None:
        gate.wait()
        starts[i] = time.perf_counter()
        jobs[i]()
        ends[i] = time.perf_counter()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return max(ends) - min(starts)


def _check_count(function: str, name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{function}: expected {name} to be a whole number of at least 1, got {value!r}")
    return value
