"""Runs kernels beside the student's code, and watches them without a GPU. Holds no expected value."""

# The worker puts `student_function` into this module: it gives the student's function of a name.
# pyright: reportUndefinedVariable=false, reportPossiblyUnboundVariable=false

import collections
import contextlib

from reference.shared import gpu
from reference.shared.frontends.asking import ask
from reference.shared.simulators.scheduler import watch
from reference.shared.simulators.trace import READ, SECTOR_BYTES, WRITE
from reference.shared.simulators.untouched import changed, kept

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


def look(language, calls):
    """Ask the compiler's front end about the kernels of the student's calls [[function, args, kwargs], ...].

    Returns (True if it looked at a kernel, its complaint or "", file, line). On a GPU the compiler itself looks.
    """

    def run():
        for function, args, kwargs in calls:
            student_function(function)(*args, **kwargs)

    return asked(run, language)


def look_at_launch(kernel, grid, block, *args):
    """As `look`, for one launch of the student's CUDA kernel."""
    return asked(lambda: gpu.launch(student_function(kernel), grid, block, *args), "cuda")


def asked(run, language):
    if backend.has_gpu:
        return False, "", "", 0
    submission = student_function.__self__

    def again():
        submission.modules.clear()  # in the other process: import the files again, with the compiler's decorators
        run()

    return ask(again, language, submission.folder)


def written(trace):
    """Return a fault for each array of a launch, except the first, `out`, that the kernel writes."""
    if trace is None:
        return []
    stores = [
        (space, [use for use in space.accesses if use.kind != READ]) for space in trace.global_spaces()[1:]
    ]
    return [
        f"changed: {space.name}, an input, is written (line {uses[0].line})" for space, uses in stores if uses
    ]


def replay(function, order, *args, **kwargs):
    """Return (value, faults) of the student's `function`, with threads, blocks and programs in `order`."""
    own = list(map(here, args))
    before = kept(own)
    with watched(order) as faults:
        value = student_function(function)(*own, **kwargs)
    return value, faults() + changed(student_function(function), own, before)


def play(kernel, order, grid, block, out, *args):
    """Return (out afterwards, faults) of one launch of the student's kernel(out, *args)."""
    before = kept(args)
    with contextlib.nullcontext() if backend.has_gpu else watch(order) as trace:
        gpu.launch(student_function(kernel), grid, block, out, *args)
    found = written(trace) or changed(student_function(kernel), args, before)
    return out, found + (trace.faults() if trace is not None else [])


def play_counted(kernel, grid, block, out, *args):
    """Return (out afterwards, counts, faults) of one launch of the student's kernel(out, *args), in grid order.

    counts: {} on a GPU. reads, writes, efficiency: lists with a number for each array, `out` first. busiest: most
    accesses to global memory by one thread. shared_reads: elements. ways: turns of a request to shared memory.
    """
    before = kept(args)
    if backend.has_gpu:
        gpu.launch(student_function(kernel), grid, block, out, *args)
        return out, {}, changed(student_function(kernel), args, before)
    with watch() as trace:
        gpu.launch(student_function(kernel), grid, block, out, *args)
    spaces = trace.global_spaces()
    uses = collections.Counter((use.block, use.thread) for space in spaces for use in space.accesses)
    asked = [list(trace.requests(space)) for space in spaces]
    moved = [SECTOR_BYTES * sum(each.sectors for each in requests) for requests in asked]
    wanted = [sum(each.useful_bytes for each in requests) for requests in asked]
    shared = [use for space in trace.shared_spaces() for use in space.accesses]
    counts = {
        "reads": [sum(use.kind != WRITE for use in space.accesses) for space in spaces],
        "writes": [sum(use.kind != READ for use in space.accesses) for space in spaces],
        "efficiency": [some / all_ if all_ else 1.0 for some, all_ in zip(wanted, moved, strict=True)],
        "busiest": max(uses.values(), default=0),
        "shared_reads": sum(use.kind != WRITE for use in shared),
        "ways": trace.bank_ways(),
    }
    found = written(trace) or changed(student_function(kernel), args, before)
    return out, counts, found + trace.faults()
