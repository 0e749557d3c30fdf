"""The checks of Triton's interpreter report each fault, and nothing about correct kernels."""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false, reportIndexIssue=false

from __future__ import annotations

import inspect

import pytest

from reference.shared import gpu

if gpu.select().has_gpu or not gpu.select().has_triton:
    pytest.skip("watches Triton's interpreter, which is used where there is no GPU", allow_module_level=True)

import torch
import triton
import triton.language as tl
from triton.tools.tensor_descriptor import TensorDescriptor

from reference.shared.simulators.scheduler import OutOfBoundsError
from reference.shared.simulators.triton_watch import watch_triton


@triton.jit
def copy_masked(x, y, n, BLOCK: tl.constexpr):
    places = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + places, tl.load(x + places, mask=places < n), mask=places < n)


@triton.jit
def copy_unmasked(x, y, BLOCK: tl.constexpr):
    places = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + places, tl.load(x + places))


@triton.jit
def load_between(x, y, n, other, USE_OTHER: tl.constexpr, BLOCK: tl.constexpr):
    places = tl.arange(0, BLOCK)
    if USE_OTHER:  # noqa: SIM108
        values = tl.load(x + places, mask=places < n, other=other)
    else:
        values = tl.load(x + places, mask=places < n)
    tl.store(y + places, values)


@triton.jit
def add_all(x, total, BLOCK: tl.constexpr):
    values = tl.load(x + tl.program_id(0) * BLOCK + tl.arange(0, BLOCK))
    tl.store(total, tl.load(total) + tl.sum(values, 0))


@triton.jit
def add_all_atomically(x, total, BLOCK: tl.constexpr):
    values = tl.load(x + tl.program_id(0) * BLOCK + tl.arange(0, BLOCK))
    tl.atomic_add(total, tl.sum(values, 0))


@triton.jit
def add_and_look(x, total, seen, BLOCK: tl.constexpr):
    values = tl.load(x + tl.program_id(0) * BLOCK + tl.arange(0, BLOCK))
    tl.atomic_add(total, tl.sum(values, 0))
    tl.store(seen + tl.program_id(0), tl.load(total))


@triton.jit
def take_numbers(counter, order):
    turn = tl.atomic_add(counter, 1)
    tl.store(order + turn, tl.program_id(0) * tl.num_programs(1) + tl.program_id(1))


@triton.jit
def neighbour(x, i):
    return tl.load(x + i + 1)


@triton.jit
def shift(x, y):
    i = tl.program_id(0)
    tl.store(y + i, neighbour(x, i))


@triton.jit
def first_column(x, y, row_stride, BLOCK: tl.constexpr):
    rows = tl.arange(0, BLOCK)
    tl.store(y + rows, tl.load(x + rows * row_stride))


@triton.jit
def copy_described(x, y, BLOCK: tl.constexpr):
    y.store([0, tl.program_id(0) * BLOCK], x.load([0, tl.program_id(0) * BLOCK]))


@triton.jit
def copy_two(xs, y, BLOCK: tl.constexpr):
    places = tl.arange(0, BLOCK)
    tl.store(y + places, tl.load(xs[0] + places) + tl.load(xs[1] + places))


@pytest.mark.parametrize("order", ["forward", "backward", 0, 7])
def test_a_right_kernel_is_right_and_silent_in_every_order(order):
    x, y = torch.arange(70.0), torch.full((70,), float("nan"))
    with watch_triton(order) as log:
        copy_masked[(5,)](x, y, 70, BLOCK=16)
    assert torch.equal(x, y)
    assert log.faults() == []
    assert log.grids == [(5, 1, 1)]
    assert log.read_bytes == log.written_bytes == 280


@pytest.mark.parametrize(
    ("sizes", "verb", "where"),
    [((60, 64), "reads", "last element of x"), ((64, 60), "writes", "last element of y")],
)
def test_pointers_outside_are_told_with_program_line_and_place(sizes, verb, where):
    memory = torch.zeros(400)
    x, y = memory[: sizes[0]], memory[200 : 200 + sizes[1]]
    line = inspect.getsourcelines(copy_unmasked.fn)[1] + 3
    with pytest.raises(OutOfBoundsError) as caught, watch_triton():
        copy_unmasked[(4,)](x, y, BLOCK=16)
    message = str(caught.value)
    assert f"program (3, 0, 0) {verb} 4 elements" in message
    assert f"(line {line})" in message
    assert f"the first is 1 behind the {where}" in message


def test_a_pointer_before_the_first_element_is_told():
    memory = torch.zeros(100)
    with pytest.raises(OutOfBoundsError, match="4 before the first element of x"), watch_triton():
        first_column[(1,)](memory[60:], memory[:4], -4, BLOCK=2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_what_a_mask_leaves_out_is_nan_unless_the_kernel_says_otherwise(dtype):
    x, y = torch.ones(8, dtype=dtype), torch.zeros(8, dtype=dtype)
    with watch_triton():
        load_between[(1,)](x, y, 5, 3.0, USE_OTHER=False, BLOCK=8)
        assert y[:5].eq(1).all()
        assert y[5:].isnan().all()
        load_between[(1,)](x, y, 5, 3.0, USE_OTHER=True, BLOCK=8)
        assert y.tolist() == [1.0] * 5 + [3.0] * 3


def test_what_a_mask_leaves_out_of_integers_is_the_smallest():
    x, y = torch.ones(8, dtype=torch.int32), torch.zeros(8, dtype=torch.int32)
    with watch_triton():
        load_between[(1,)](x, y, 5, 3, USE_OTHER=False, BLOCK=8)
    assert y.tolist() == [1] * 5 + [-(2**31)] * 3


def test_programs_that_write_to_one_place_race():
    with watch_triton() as log:
        add_all[(4,)](torch.ones(32), torch.zeros(1), BLOCK=8)
    assert log.faults() == [
        "race: programs 0 and 3 (numbered in grid order) both access element 0 of total, "
        "and at least one writes it"
    ]


def test_one_program_alone_and_reads_of_one_place_are_no_race():
    y = torch.zeros(8)
    with watch_triton() as log:
        add_all[(1,)](torch.ones(8), torch.zeros(1), BLOCK=8)
        first_column[(1,)](torch.ones(1).expand(8), y, 0, BLOCK=8)
        copy_masked[(2,)](torch.ones(8), y, 8, BLOCK=4)
    assert log.faults() == []


@pytest.mark.parametrize("order", ["forward", "backward", 3])
def test_atomic_additions_are_no_race_unless_somebody_looks(order):
    total = torch.zeros(1)
    with watch_triton(order) as log:
        add_all_atomically[(4,)](torch.ones(32), total, BLOCK=8)
    assert total.item() == 32
    assert log.faults() == []
    with watch_triton(order) as log:
        add_and_look[(4,)](torch.ones(32), total, torch.zeros(4), BLOCK=8)
    assert len(log.faults()) == 1
    assert "element 0 of total" in log.faults()[0]


def played(order):
    found = torch.full((12,), -1, dtype=torch.int32)
    with watch_triton(order):
        take_numbers[(4, 3)](torch.zeros(1, dtype=torch.int32), found)
    return found.tolist()


def test_orders_are_what_they_are_called():
    assert played("forward") == list(range(12))
    assert played("backward") == list(range(11, -1, -1))
    assert sorted(played(5)) == list(range(12))
    assert played(5) == played(5)
    assert played(5) not in (played(6), played("forward"))


@pytest.mark.parametrize("order", ["sideways", True, 1.5, None])
def test_another_order_is_refused(order):
    with pytest.raises(ValueError, match="expected 'forward', 'backward' or a seed"), watch_triton(order):
        pass


def test_a_fault_in_a_function_that_the_kernel_calls_is_told_with_its_line():
    x = torch.arange(8.0)
    line = inspect.getsourcelines(neighbour.fn)[1] + 2
    with (
        pytest.raises(OutOfBoundsError, match=rf"program \(7, 0, 0\) reads 1 element .*\(line {line}\)"),
        watch_triton(),
    ):
        shift[(8,)](
            x,
            torch.zeros(100),
        )


def test_the_gaps_of_a_view_are_outside():
    wide = torch.zeros(4, 10)
    y = torch.zeros(4)
    with watch_triton() as log:
        first_column[(1,)](wide[:, :6], y, 10, BLOCK=4)
        first_column[(1,)](wide.T[:6, 2], y, 1, BLOCK=4)
    assert log.faults() == []
    with pytest.raises(OutOfBoundsError, match="in a gap of x"), watch_triton():
        first_column[(1,)](wide[:, :6], y, 7, BLOCK=4)


def test_descriptors_and_tuples_are_watched_too():
    x, y = torch.arange(64.0).reshape(4, 16), torch.full((4, 16), float("nan"))
    blocks = [TensorDescriptor.from_tensor(each[:3], [4, 8]) for each in (x, y)]
    with watch_triton() as log:
        copy_described[(2,)](*blocks, BLOCK=8)
        copy_two[(1,)]((x[0], x[1]), torch.zeros(16), BLOCK=16)
    assert torch.equal(x[:3], y[:3])
    assert y[3].isnan().all()
    assert log.faults() == []
    with watch_triton() as log:
        copy_described[(2,)](*blocks, BLOCK=4)
    assert "both access element" in log.faults()[0]
    with pytest.raises(OutOfBoundsError, match=r"behind the last element of xs\[1\]"), watch_triton():
        copy_two[(1,)]((x[0], torch.zeros(3)), torch.zeros(16), BLOCK=16)


def test_watches_follow_one_another_and_stand_inside_one_another():
    x, y = torch.arange(8.0), torch.zeros(8)
    with watch_triton() as first:
        copy_masked[(2,)](x, y, 8, BLOCK=4)
    with watch_triton() as second:
        copy_masked[(4,)](x, y, 8, BLOCK=2)
        with watch_triton("backward") as inner:
            copy_masked[(8,)](x, y, 8, BLOCK=1)
        add_all[(2,)](x, torch.zeros(1), BLOCK=4)
    assert first.grids == [(2, 1, 1)]
    assert inner.grids == [(8, 1, 1)]
    assert second.grids == [(4, 1, 1), (2, 1, 1)]
    assert first.faults() == inner.faults() == []
    assert len(second.faults()) == 1


def test_nobody_watches_afterwards_even_if_a_kernel_failed():
    memory = torch.zeros(100)
    with pytest.raises(OutOfBoundsError), watch_triton():
        copy_unmasked[(4,)](memory[:60], memory[64:], BLOCK=16)
    y = torch.zeros(8)
    load_between[(1,)](torch.ones(8), y, 5, 3.0, USE_OTHER=False, BLOCK=8)
    assert y.tolist() == [1.0] * 5 + [0.0] * 3
