"""Counts the memory accesses of a rung, beside the student's code. Holds no expected value."""

# ruff: noqa: F821
# pyright: reportUndefinedVariable=false
# The worker puts `student_function` into this module: it gives the student's function of a name.

from reference.shared import gpu
from reference.shared.simulators.scheduler import watch
from reference.shared.simulators.untouched import changed, kept

backend = gpu.select()


def written(function, a, b):
    """Return (count, faults): the elements of global memory that the student's function(a, b) writes; -1 on a GPU."""
    if backend.has_gpu:
        return -1, []
    _, trace, faults = traced(function, a, b)
    return trace.counts()[1], faults


def traced(function, a, b):
    """Return (value, trace, faults) of the student's function(a, b)."""
    before = kept([a, b])
    with watch() as trace:
        value = student_function(function)(a, b)
    return value, trace, trace.faults() + changed(student_function(function), [a, b], before)


def counted(function, a, b):
    """Return ((value, counts), faults) of the student's function(a, b); counts are {} on a GPU, which traces nothing.

    reads: elements of global memory, all threads together. efficiency: by array, the share of the moved bytes that a
    warp uses. requests, shared_requests: instructions of a warp that read global, shared memory. shared_reads:
    elements. ways: average turns of a request to shared memory. barriers: of the last block.
    """
    if backend.has_gpu:
        before = kept([a, b])
        value = student_function(function)(a, b)
        return (value, {}), changed(student_function(function), [a, b], before)
    from reference.shared.simulators.trace import READ

    value, trace, faults = traced(function, a, b)
    spaces = trace.global_spaces()
    shared = [each for each in trace.requests(*trace.shared_spaces()) if each.kind == READ]
    counts = {
        "reads": trace.counts()[0],
        "efficiency": {name: trace.efficiency(name) for name in sorted({space.name for space in spaces})},
        "requests": sum(each.kind == READ for each in trace.requests(*spaces)),
        "shared_reads": sum(len(each.places) for each in shared),
        "shared_requests": len(shared),
        "ways": trace.bank_ways(),
        "barriers": trace.epoch,
    }
    return (value, counts), faults
