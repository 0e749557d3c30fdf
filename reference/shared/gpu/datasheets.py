"""Peaks and limits of five NVIDIA GPUs, from their datasheets.

    datasheet("H100 SXM").ridge("fp32")     # FLOP per byte of memory above which arithmetic is the limit

No kernel exceeds a datasheet's peak, and few reach it: clocks drop under load. For the tensor cores the
datasheets of H100, H200 and L4 print the rate "with sparsity", which counts the zeros of a 2:4 sparse operand
as work. The figures here are dense: half of the printed ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Unit = Literal["fp32", "tf32", "fp16", "bf16"]
KIB = 2**10
WARP = 32
SHARED_BYTES_A_CLOCK = 128  # of one SM: 32 banks of 4 bytes; CUDA C++ Programming Guide, "Shared Memory"


@dataclass(frozen=True)
class SmLimits:
    """The limits of one SM, by compute capability. Sizes in bytes, registers of 32 bits.

    Source: CUDA C++ Programming Guide, table "Technical Specifications per Compute Capability". The three
    units of allocation and the partitions: NVIDIA's cuda_occupancy.h, which comes with CUDA (and with
    Triton).
    """

    capability: str
    threads_per_sm: int
    blocks_per_sm: int
    shared_per_sm: int
    shared_reserved: int  # bytes of each block's shared memory that the driver uses
    shared_unit: int  # shared memory is allocated in multiples of this
    threads_per_block: int = 1024
    registers_per_sm: int = 64 * KIB
    registers_per_block: int = 64 * KIB
    registers_per_thread: int = 255
    register_unit: int = 256  # a warp's registers are allocated in multiples of this
    partitions: int = 4  # of an SM, each with a quarter of the registers and a warp scheduler of its own

    @property
    def warps_per_sm(self) -> int:
        return self.threads_per_sm // WARP

    @property
    def shared_per_block(self) -> int:
        """The most that one block may request; more than 48 KiB only as dynamic shared memory."""
        return self.shared_per_sm - self.shared_reserved


CAPABILITIES = {
    each.capability: each
    for each in (
        SmLimits("7.5", 1024, 16, 64 * KIB, 0, 256),
        SmLimits("8.0", 2048, 32, 164 * KIB, KIB, 128),
        SmLimits("8.9", 1536, 24, 100 * KIB, KIB, 128),
        SmLimits("9.0", 2048, 32, 228 * KIB, KIB, 128),
    )
}


@dataclass(frozen=True)
class Gpu:
    """One GPU's datasheet: FLOP/s, bytes/s, bytes. A multiply-add counts as 2 FLOP. 0: the GPU does not have it."""

    name: str
    limits: SmLimits
    sms: int
    fp32_lanes: int  # multiply-adds that one SM starts in a clock
    clock: float  # Hz, at boost, as for `fp32`
    fp32: float  # without tensor cores
    tf32: float  # tensor cores, dense, as the next two
    fp16: float
    bf16: float
    bandwidth: float  # of its memory
    memory: int  # decimal, as vendors count
    l2: int
    source: str

    def peak(self, unit: Unit = "fp32") -> float:
        """Return the FLOP/s of "fp32", or of the tensor cores in "tf32", "fp16" or "bf16".

        Raises ValueError if the GPU does not have the unit.
        """
        rates = {"fp32": self.fp32, "tf32": self.tf32, "fp16": self.fp16, "bf16": self.bf16}
        if not rates.get(unit):
            has = ", ".join(name for name, rate in rates.items() if rate)
            raise ValueError(f"{self.name}: expected one of {has}, got {unit!r}")
        return rates[unit]

    def ridge(self, unit: Unit = "fp32") -> float:
        """Return the FLOP per byte at which memory and arithmetic take equally long (Williams et al., CACM 2009)."""
        return self.peak(unit) / self.bandwidth

    @property
    def shared_bandwidth(self) -> float:
        """Bytes/s of the shared memories of all SMs together, by formula: SMs x 128 bytes x clock."""
        return self.sms * SHARED_BYTES_A_CLOCK * self.clock

    @property
    def shared_ridge(self) -> float:
        """FLOP in fp32 per byte of shared memory at which the two take equally long."""
        return self.fp32 / self.shared_bandwidth


_HOPPER, _AMPERE, _ADA, _TURING = (CAPABILITIES[name] for name in ("9.0", "8.0", "8.9", "7.5"))
# SMs, clocks and L2: the architecture white papers (Hopper, Ampere, Ada, Turing) and CUDA's deviceQuery. For each GPU
# SMs x lanes x 2 x clock is the datasheet's fp32 figure within a percent, which a test recomputes.
_SHEET = "Tensor Core GPU datasheet"
_H100 = Gpu(
    "H100 SXM", _HOPPER, sms=132, fp32_lanes=128, clock=1.98e9, l2=50 * KIB**2,
    fp32=67e12, tf32=494.5e12, fp16=989.5e12, bf16=989.5e12, bandwidth=3.35e12, memory=80 * 10**9,
    source=f"NVIDIA H100 {_SHEET}; TF32 989, FP16 and BF16 1979 TFLOPS with sparsity",
)  # fmt: skip
_H200_SOURCE = f"NVIDIA H200 {_SHEET}, SXM; TF32 989, FP16 and BF16 1979 TFLOPS with sparsity"
GPUS = {
    each.name: each
    for each in (
        _H100,  # the H200 is the same chip with more and faster memory
        replace(_H100, name="H200", bandwidth=4.8e12, memory=141 * 10**9, source=_H200_SOURCE),
        Gpu(
            "A100", _AMPERE, sms=108, fp32_lanes=64, clock=1.41e9, l2=40 * KIB**2,
            fp32=19.5e12, tf32=156e12, fp16=312e12, bf16=312e12, bandwidth=2.039e12, memory=80 * 10**9,
            source=f"NVIDIA A100 {_SHEET}, 80 GB SXM; prints the dense rates beside the sparse ones",
        ),
        Gpu(
            "L4", _ADA, sms=58, fp32_lanes=128, clock=2.04e9, l2=48 * KIB**2,
            fp32=30.3e12, tf32=60e12, fp16=121e12, bf16=121e12, bandwidth=300e9, memory=24 * 10**9,
            source=f"NVIDIA L4 {_SHEET}; TF32 120, FP16 and BF16 242 TFLOPS with sparsity",
        ),
        Gpu(
            "T4", _TURING, sms=40, fp32_lanes=64, clock=1.59e9, l2=4 * KIB**2,
            fp32=8.1e12, tf32=0, fp16=65e12, bf16=0, bandwidth=300e9, memory=16 * 10**9,
            source=f"NVIDIA T4 {_SHEET}; no sparsity, TF32 or BF16 (early editions print 320 GB/s)",
        ),
    )
}  # fmt: skip


def datasheet(name: str) -> Gpu:
    """Return the GPU called "H100 SXM", "H200", "A100", "L4" or "T4". Raises ValueError for another name."""
    found = {known.lower(): each for known, each in GPUS.items()}.get(str(name).strip().lower())
    if found is None:
        raise ValueError(f"datasheet: expected one of {', '.join(GPUS)}, got {name!r}")
    return found
