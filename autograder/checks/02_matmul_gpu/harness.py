"""Runs kernels beside the student's code, and watches them without a GPU. Holds no expected value."""

# The worker puts `student_function` into this module: it gives the student's function of a name.
# pyright: reportUndefinedVariable=false, reportPossiblyUnboundVariable=false

import collections
import contextlib

from reference.shared import gpu
from reference.shared.simulators.scheduler import watch

backend = gpu.select()
if backend.has_triton:
    from reference.shared.simulators.triton_watch import watch_triton


def here(value):
    """Return a tensor on the kernels' device, and anything else unchanged."""
    return value.to(backend.device) if type(value).__module__ == "torch" else value


@contextlib.contextmanager
def watched(order):
    """Watch CUDA and Triton kernels; yields a function that returns their faults. On a GPU: no faults."""
    if backend.has_gpu:
        yield lambda: []
        return
    triton = watch_triton(order) if backend.has_triton else contextlib.nullcontext()
    with watch(order) as trace, triton as log:
        yield lambda: trace.faults() + (log.faults() if log is not None else [])


def replay(function, order, *args, **kwargs):
    """Return (value, faults) of the student's `function`, with threads, blocks and programs in `order`."""
    with watched(order) as faults:
        value = student_function(function)(*map(here, args), **kwargs)
    return value, faults()


def play(kernel, order, grid, block, out, *args):
    """Return (out afterwards, faults) of one launch of the student's kernel(out, *args)."""
    with watched(order) as faults:
        gpu.launch(student_function(kernel), grid, block, out, *args)
    return out, faults()


def play_counted(kernel, grid, block, out, *args):
    """Return (out afterwards, counts) of one launch of the student's kernel(out, *args), in grid order; no faults.

    counts: {} on a GPU. reads, writes, efficiency: lists with a number for each array, `out` first. busiest: most
    accesses to global memory by one thread. shared_reads: elements. ways: turns of a request to shared memory.
    """
    if backend.has_gpu:
        gpu.launch(student_function(kernel), grid, block, out, *args)
        return out, {}
    from reference.shared.simulators.trace import READ, SECTOR_BYTES, WRITE

    with watch() as trace:
        gpu.launch(student_function(kernel), grid, block, out, *args)
    spaces = trace.global_spaces()
    uses = collections.Counter((use.block, use.thread) for space in spaces for use in space.accesses)
    asked = [list(trace.requests(space)) for space in spaces]
    moved = [SECTOR_BYTES * sum(each.sectors for each in requests) for requests in asked]
    wanted = [sum(each.useful_bytes for each in requests) for requests in asked]
    shared = [use for space in trace.shared_spaces() for use in space.accesses]
    return out, {
        "reads": [sum(use.kind != WRITE for use in space.accesses) for space in spaces],
        "writes": [sum(use.kind != READ for use in space.accesses) for space in spaces],
        "efficiency": [some / all_ if all_ else 1.0 for some, all_ in zip(wanted, moved, strict=True)],
        "busiest": max(uses.values(), default=0),
        "shared_reads": sum(use.kind != WRITE for use in shared),
        "ways": trace.bank_ways(),
    }
