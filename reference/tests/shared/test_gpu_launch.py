"""Launches on the simulator: the ones that `gpu.launch` refuses, and the results that `gpu.empty` prepares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from reference.shared import gpu
from reference.shared.gpu import empty, launch, refuse_unwritten

backend = gpu.select()
cuda = backend.cuda

if backend.has_gpu:
    pytest.skip("kernels run on the GPU here: start it with MLSYS_GPU=0", allow_module_level=True)


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


@cuda.jit
def _nothing():
    pass


@cuda.jit(launch_bounds=(64, 2), max_registers=32)
def _bounded(out):
    out[cuda.grid(1)] = 1


@pytest.mark.parametrize(
    ("grid", "block", "error", "said"),
    [
        (0, 1, ValueError, "1 to 3 grid dimensions of at least 1, got 0"),
        ((1, -1), 1, ValueError, "got (1, -1)"),
        ((), 1, ValueError, "1 to 3 grid"),
        ((1, 1, 1, 1), 1, ValueError, "1 to 3 grid"),
        (1, (32, 33), ValueError, "a block of at most 1024 threads, got (32, 33), 1056 threads"),
        (1, (1, 1, 65), ValueError, "expected a block of at most (1024, 1024, 64)"),
        ((1, 65536), 1, ValueError, "expected a grid of at most"),
        (4 / 2, 1, TypeError, "expected integers for the grid, got 2.0; try -(-n // size)"),
        (1, (8, 2.5), TypeError, "expected integers for the block"),
    ],
)
def test_launches_that_no_gpu_starts(grid: Any, block: Any, error: type[Exception], said: str):
    with pytest.raises(error) as caught:
        launch(_nothing, grid, block)
    assert said in str(caught.value)


def test_launch_bounds_hold():
    out = zeros(64)
    grid: Any = np.int64(1)
    block: Any = [64]
    launch(_bounded, grid, block, out)
    assert (out == 1).all()
    with pytest.raises(ValueError, match=r"expected at most 64 threads per block \(launch_bounds\)"):
        launch(_bounded, 1, 65, zeros(65))
    with pytest.raises(ValueError, match=r"expected _nothing\[grid, block\]"):
        cuda.jit(_nothing.fn)()


def test_tensors_and_arrays_are_written_in_place():
    tensor, array = torch.zeros(3), zeros(3)
    for each in (tensor, array):
        launch(_bounded, 1, 3, each)
        assert each.tolist() == [1, 1, 1]


@cuda.jit(device=True)
def _helper(x):
    raise NotImplementedError("02.99 task (_helper): what it does")


@cuda.jit
def _unwritten(out):
    raise NotImplementedError("02.99 task: what it does")


@cuda.jit
def _calls_unwritten(out):
    if cuda.threadIdx.x > 99:
        out[0] = _helper(1)


@cuda.jit
def _own_error(out):
    if out.shape[0] == 0:
        raise NotImplementedError("empty")


def test_unwritten_bodies_are_told_before_the_launch():
    for kernel, said in ((_unwritten, r"02\.99 task: what"), (_calls_unwritten, r"02\.99 task \(_helper\)")):
        with pytest.raises(NotImplementedError, match=said):
            launch(kernel, 1, 1, zeros(1))
    for kernel in (_nothing, _own_error, _bounded, len):
        refuse_unwritten(kernel)


def test_empty_holds_what_nobody_takes_for_a_result():
    array, tensor = empty((2, 3), zeros(1)), empty(4, torch.zeros(1, dtype=torch.int32))
    assert array.shape == (2, 3)
    assert array.dtype == np.float32
    assert np.isnan(array).all()
    assert tensor.tolist() == [-(2**31)] * 4
    assert empty(2, zeros(1), np.int16).tolist() == [-(2**15)] * 2
    assert torch.isnan(empty(2, torch.zeros(1, dtype=torch.bfloat16))).all()
    assert empty(0, zeros(1)).shape == (0,)
