"""Counts the work of attention: the tensors that it makes, the bytes that it reads. Holds no expected value."""

# ruff: noqa: F821
# pyright: reportUndefinedVariable=false
# The worker puts `student_function` into this module: it gives the student's function of a name.

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from reference.shared import gpu
from reference.shared.simulators.untouched import changed, kept

backend = gpu.select()


class Largest(TorchDispatchMode):
    """Records the size of the largest tensor that an operation returns."""

    def __init__(self):
        super().__init__()
        self.elements = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        result = operation(*args, **(kwargs or {}))
        sizes = [x.numel() for x in tree_leaves(result) if isinstance(x, torch.Tensor)]
        self.elements = max([self.elements, *sizes])
        return result


def work(function, *args):
    """Return ((value, counts), faults): "elements" of the largest tensor of `function`, "flop" of its products."""
    before = kept(args)
    with FlopCounterMode(display=False) as counter, Largest() as largest:
        value = student_function(function)(*args)
    counts = {"elements": largest.elements, "flop": counter.get_total_flops()}
    return (value, counts), changed(student_function(function), args, before)


def traffic(function, *args):
    """Return ((value, {"read": bytes that the kernels of `function` read}), faults); the counts are {} on a GPU."""
    own = [x.to(backend.device) if isinstance(x, torch.Tensor) else x for x in args]
    before = kept(own)
    if backend.has_gpu:
        value = student_function(function)(*own)
        return (value, {}), changed(student_function(function), own, before)
    from reference.shared.simulators.triton_watch import watch_triton

    with watch_triton() as log:
        value = student_function(function)(*own)
    faults = log.faults() + changed(student_function(function), own, before)
    return (value, {"read": log.read_bytes}), faults
