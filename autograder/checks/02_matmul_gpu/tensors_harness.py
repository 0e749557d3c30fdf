"""Runs Triton kernels beside the student's code: on views, with gradients, counted. Holds no expected value."""

# ruff: noqa: F821
# pyright: reportUndefinedVariable=false
# The worker puts `student_function` into this module: it gives the student's function of a name.

import contextlib

import torch

from reference.shared import gpu
from reference.shared.simulators.triton_watch import watch_triton

backend = gpu.select()


@contextlib.contextmanager
def watched(order):
    """Watch Triton kernels; yields a function that returns their faults. On a GPU: no faults."""
    if backend.has_gpu:
        yield lambda: []
        return
    with watch_triton(order) as log:
        yield log.faults


def viewed(x, kind):
    """Return x with other strides: "transposed", by columns; "stepped", every second of each axis; "plain"."""
    x = x.to(backend.device)
    if kind == "transposed":
        return x.T.contiguous().T
    if kind == "stepped":
        wide = torch.full([2 * size for size in x.shape], float("nan"), dtype=x.dtype, device=x.device)
        view = wide[tuple(slice(None, None, 2) for _ in x.shape)]
        return view.copy_(x)
    return x


def views(function, order, kinds, *args, **kwargs):
    """Return (value, faults) of the student's `function`; its first arguments are views of these kinds."""
    tensors = [viewed(x, kind) for x, kind in zip(args, kinds, strict=True)]
    with watched(order) as faults:
        value = student_function(function)(*tensors, **kwargs)
    return value, faults()


def gradients(order, x, weight, bias, eps, dy):
    """Return ((dx, dweight, dbias), faults) of the student's layer_norm."""
    leaves = [each.to(backend.device).requires_grad_() for each in (x, weight, bias)]
    with watched(order) as faults:
        student_function("layer_norm")(*leaves, eps).backward(dy.to(backend.device))
    return tuple(leaf.grad for leaf in leaves), faults()


def traffic(function, *args):
    """Return the bytes that the kernels of `function` read and write; {} on a GPU."""
    if backend.has_gpu:
        student_function(function)(*(x.to(backend.device) for x in args))
        return {}
    with watch_triton() as log:
        student_function(function)(*args)
    return {"read": log.read_bytes, "written": log.written_bytes}
