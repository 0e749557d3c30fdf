"""Occupancy: by hand, by its properties, and beside NVIDIA's own calculator, compiled from the header of Triton."""

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.shared.gpu.datasheets import GPUS, Gpu, datasheet
from reference.shared.gpu.occupancy import occupancy

TRITON = importlib.util.find_spec("triton")
HEADER = Path(TRITON.origin or "").parent / "backends/nvidia/include" if TRITON else Path("/nowhere")
COMPILER = shutil.which("g++")
THREADS = (1, 32, 96, 128, 250, 256, 384, 512, 768, 1000, 1024)
REGISTERS = (1, 16, 32, 33, 40, 64, 65, 96, 128, 168, 200, 255)
SHARED = (0, 1, 1024, 8192, 16384, 33000, 49152, 65536, 99 * 1024, 160 * 1024, 227 * 1024)
PROGRAM = r"""
#include <cstdio>
#include <cuda_occupancy.h>
int main() {
    int major, minor, threads_sm, shared_sm, reserved, threads, registers, shared;
    while (scanf("%d %d %d %d %d %d %d %d", &major, &minor, &threads_sm, &shared_sm, &reserved, &threads, &registers,
                 &shared) == 8) {
        cudaOccDeviceProp gpu;
        gpu.computeMajor = major; gpu.computeMinor = minor; gpu.maxThreadsPerBlock = 1024; gpu.warpSize = 32;
        gpu.maxThreadsPerMultiprocessor = threads_sm; gpu.regsPerBlock = gpu.regsPerMultiprocessor = 65536;
        gpu.sharedMemPerBlock = 49152; gpu.sharedMemPerMultiprocessor = shared_sm; gpu.numSms = 1;
        gpu.sharedMemPerBlockOptin = shared_sm - reserved; gpu.reservedSharedMemPerBlock = reserved;
        cudaOccFuncAttributes kernel;
        kernel.maxThreadsPerBlock = 1024; kernel.numRegs = registers; kernel.numBlockBarriers = 1;
        kernel.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN; kernel.maxDynamicSharedSizeBytes = shared;
        cudaOccDeviceState state;
        cudaOccResult found;
        int error = cudaOccMaxActiveBlocksPerMultiprocessor(&found, &gpu, &kernel, &state, threads, shared);
        printf("[%d, %d, %u]\n", error, found.activeBlocksPerMultiprocessor, found.limitingFactors);
    }
}
"""
BITS = {"warps": 1, "registers": 2, "shared memory": 4, "blocks": 8}  # of cudaOccLimitingFactor


def ours(each: Gpu, threads: int, registers: int, shared: int) -> tuple[int, int]:
    """(blocks, limiting factors as the header writes them); no block where none can start."""
    try:
        found = occupancy(each, threads, registers, shared)
    except ValueError:
        return 0, 0
    return found.blocks, sum(BITS[name] for name in found.limited_by)


@pytest.mark.skipif(not HEADER.exists(), reason="needs Triton, which brings cuda_occupancy.h")
@pytest.mark.skipif(COMPILER is None, reason="needs g++")
def test_the_same_as_nvidias_calculator(tmp_path):
    source = tmp_path / "occupancy.cpp"
    source.write_text(PROGRAM)
    subprocess.run(
        [str(COMPILER), "-w", f"-I{HEADER}", str(source), "-o", str(tmp_path / "occupancy")], check=True
    )
    cases = [(each, t, r, s) for each in GPUS.values() for t in THREADS for r in REGISTERS for s in SHARED]
    lines = []
    for each, *kernel in cases:
        limits = each.limits
        head = [
            *limits.capability.split("."),
            limits.threads_per_sm,
            limits.shared_per_sm,
            limits.shared_reserved,
        ]
        lines.append(" ".join(map(str, [*head, *kernel])))
    done = subprocess.run(
        [str(tmp_path / "occupancy")], input="\n".join(lines), capture_output=True, text=True, check=True
    )
    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(theirs) == len(cases)
    for (each, *kernel), (error, blocks, factors) in zip(cases, theirs, strict=True):
        if error or blocks == 0:
            assert ours(each, *kernel)[0] == 0, (each.name, kernel)
        else:
            assert ours(each, *kernel) == (blocks, factors), (each.name, kernel)


def test_by_hand():
    """256 threads with 128 registers: 8 warps of 4096 registers, and 65536 registers hold 16 warps."""
    found = occupancy(datasheet("H100 SXM"), 256, 128, 16384)
    assert (found.blocks, found.warps, found.fraction, found.limited_by) == (2, 16, 0.25, ("registers",))
    assert str(found) == "2 blocks, 16 of 64 warps (25 %), limited by registers"


def test_one_register_more_can_cost_a_block():
    """32 * 33 registers are rounded up to the next 256: a warp takes 1280 instead of 1024, a quarter more."""
    few, more = (occupancy(datasheet("A100"), 256, registers).warps for registers in (32, 33))
    assert (few, more) == (64, 48)


def test_the_driver_takes_a_kib_of_each_block():
    """164 KiB would hold two blocks of 82 KiB, if each did not cost 1 KiB more."""
    assert occupancy(datasheet("A100"), 64, 32, 82 * 1024).blocks == 1
    assert occupancy(datasheet("A100"), 64, 32, 81 * 1024).blocks == 2
    assert occupancy(datasheet("T4"), 64, 32, 32 * 1024).blocks == 2


def test_the_smallest_blocks_run_out_of_slots():
    assert occupancy(datasheet("T4"), 32, 16).limited_by == ("blocks",)
    assert occupancy(datasheet("T4"), 32, 16).fraction == 0.5


@given(
    each=st.sampled_from(list(GPUS.values())),
    threads=st.integers(1, 1024),
    registers=st.integers(1, 64),
    shared=st.integers(0, 48 * 1024),
)
def test_what_runs_fits_and_one_block_more_would_not(each, threads, registers, shared):
    limits, found = each.limits, occupancy(each, threads, registers, shared)
    assert 1 <= found.blocks <= limits.blocks_per_sm
    assert found.blocks * shared <= limits.shared_per_sm
    assert found.warps * 32 * registers <= limits.registers_per_sm
    assert found.warps <= limits.warps_per_sm
    assert occupancy(each, threads, min(registers + 1, 255), shared).blocks <= found.blocks
    assert occupancy(each, threads, registers, shared + 1).blocks <= found.blocks


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        ((0, 32), "expected threads to be at least 1, got 0"),
        ((32, 0), "expected registers to be at least 1, got 0"),
        ((32, 32, -1), "expected shared_bytes to be at least 0, got -1"),
        (
            (1056, 32),
            r"T4 \(compute capability 7.5\): expected at most 1024 threads per block, got 1056; try",
        ),
        ((32, 256), "expected at most 255 registers per thread, got 256; try smaller tiles per thread"),
        ((1024, 65), "expected at most 65536 registers per block, got 73728 .*; try fewer threads"),
        (
            (32, 32, 65537),
            "expected at most 65536 bytes of shared memory per block, got 65537; try smaller tiles",
        ),
    ],
)
def test_a_block_that_cannot_start_is_refused(kernel, message):
    with pytest.raises(ValueError, match=message):
        occupancy(datasheet("T4"), *kernel)


@pytest.mark.parametrize("value", [True, 32.0, "32", None])
def test_a_value_that_is_no_integer_is_refused(value):
    with pytest.raises(TypeError, match="expected registers to be an integer"):
        occupancy(datasheet("T4"), 32, value)
