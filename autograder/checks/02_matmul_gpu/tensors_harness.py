"""Runs Triton kernels beside the student's code: on views, with gradients, counted. Holds no expected value."""

# ruff: noqa: F821
# pyright: reportUndefinedVariable=false
# The worker puts `student_function` into this module: it gives the student's function of a name.

import contextlib

import torch

from reference.shared import gpu
from reference.shared.frontends.asking import ask
from reference.shared.simulators.triton_watch import watch_triton
from reference.shared.simulators.untouched import changed, kept

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
    before = kept(tensors)
    with watched(order) as faults:
        value = student_function(function)(*tensors, **kwargs)
    return value, faults() + changed(student_function(function), tensors, before)


def gradients(order, x, weight, bias, eps, dy):
    """Return ((dx, dweight, dbias), faults) of the student's layer_norm."""
    leaves = [each.to(backend.device).requires_grad_() for each in (x, weight, bias)]
    dy = dy.to(backend.device)
    before = kept([*leaves, dy])
    with watched(order) as faults:
        student_function("layer_norm")(*leaves, eps).backward(dy)
    spoilt = changed(None, [*leaves, dy], before)
    return tuple(leaf.grad for leaf in leaves), faults() + spoilt


def look_at_gradients(x, weight, bias, eps, dy):
    """As `look` of harness.py, for the student's layer_norm and its backward pass."""
    if backend.has_gpu:
        return False, "", "", 0
    submission = student_function.__self__

    def run():
        submission.modules.clear()
        leaves = [each.requires_grad_() for each in (x, weight, bias)]
        student_function("layer_norm")(*leaves, eps).backward(dy)

    return ask(run, "triton", submission.folder)


def traffic(function, *args):
    """Return ((value, {"read", "written": bytes of the kernels of `function`}), faults); counts are {} on a GPU."""
    own = [x.to(backend.device) for x in args]
    before = kept(own)
    if backend.has_gpu:
        value = student_function(function)(*own)
        return (value, {}), changed(student_function(function), own, before)
    with watch_triton() as log:
        value = student_function(function)(*own)
    faults = log.faults() + changed(student_function(function), own, before)
    return (value, {"read": log.read_bytes, "written": log.written_bytes}), faults
