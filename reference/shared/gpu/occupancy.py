"""Compute the occupancy of a kernel: the warps that an SM holds at once, and the resource that limits them.

A waiting warp costs nothing if another one can run, so an SM needs many. Each block takes warp slots,
registers, shared memory and a block slot for its whole life. The scarcest of the four limits the number of
blocks.

    occupancy(datasheet("H100 SXM"), threads=256, registers=128, shared_bytes=16384)
    # 2 blocks, 16 of 64 warps (25 %), limited by registers
"""

from __future__ import annotations

from dataclasses import dataclass

from reference.shared.gpu.datasheets import WARP, Gpu


@dataclass(frozen=True)
class Occupancy:
    """The blocks and warps that one SM holds at once."""

    blocks: int
    warps: int
    most_warps: int
    limited_by: tuple[str, ...]  # the scarcest of "warps", "registers", "shared memory" and "blocks"

    @property
    def fraction(self) -> float:
        """Share of the warps that the SM could hold."""
        return self.warps / self.most_warps

    def __str__(self) -> str:
        blocks = f"{self.blocks} block{'s' if self.blocks > 1 else ''}"
        warps = f"{self.warps} of {self.most_warps} warps ({self.fraction:.0%})".replace("%", " %")
        return f"{blocks}, {warps}, limited by {' and '.join(self.limited_by)}"


def occupancy(gpu: Gpu, threads: int, registers: int, shared_bytes: int = 0) -> Occupancy:
    """Compute the occupancy of a kernel on one SM of `gpu`.

    threads: per block. registers: per thread, as the compiler reports them. shared_bytes: per block, static
    and dynamic together. Cost: O(1).

    Raises TypeError if an argument is not an integer, and ValueError if no SM can start the block: its
    threads, its registers (in total, or per thread) or its shared memory exceed the limit of a block.
    Source: NVIDIA, cuda_occupancy.h (cudaOccMaxActiveBlocksPerMultiprocessor), with the largest possible
    split of the L1 cache for shared memory.
    """
    for name, value, least in (
        ("threads", threads, 1),
        ("registers", registers, 1),
        ("shared_bytes", shared_bytes, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"occupancy: expected {name} to be an integer, got {value!r}")
        if value < least:
            raise ValueError(f"occupancy: expected {name} to be at least {least}, got {value}")
    limits = gpu.limits
    if threads > limits.threads_per_block:
        _refuse(gpu, f"{limits.threads_per_block} threads per block", f"{threads}", "a smaller block")
    if registers > limits.registers_per_thread:
        _refuse(
            gpu,
            f"{limits.registers_per_thread} registers per thread",
            f"{registers}",
            "smaller tiles per thread",
        )
    if shared_bytes > limits.shared_per_block:
        most = f"{limits.shared_per_block} bytes of shared memory per block"
        _refuse(gpu, most, f"{shared_bytes}", "smaller tiles per block")
    warps = -(-threads // WARP)
    a_warp = _rounded_up(registers * WARP, limits.register_unit)
    # The hardware allocates as if every partition took an equal share, so it rounds the warps up to 4.
    a_block = a_warp * _rounded_up(warps, limits.partitions)
    if a_block > limits.registers_per_block:
        got = f"{a_block} ({threads} threads with {registers} registers each)"
        most = f"{limits.registers_per_block} registers per block"
        _refuse(gpu, most, got, "fewer threads, or smaller tiles per thread")
    a_partition = limits.registers_per_sm // limits.partitions // a_warp  # warps that fit into its registers
    allowed = {
        "warps": limits.warps_per_sm // warps,
        "registers": a_partition * limits.partitions // warps,
        "blocks": limits.blocks_per_sm,
    }
    shared = _rounded_up(shared_bytes + limits.shared_reserved, limits.shared_unit)
    if shared:
        allowed["shared memory"] = limits.shared_per_sm // shared
    blocks = min(allowed.values())
    scarce = tuple(name for name, most in allowed.items() if most == blocks)
    return Occupancy(blocks, blocks * warps, limits.warps_per_sm, scarce)


def _rounded_up(value: int, unit: int) -> int:
    return -(-value // unit) * unit


def _refuse(gpu: Gpu, most: str, got: str, remedy: str) -> None:
    where = f"{gpu.name} (compute capability {gpu.limits.capability})"
    raise ValueError(f"occupancy: {where}: expected at most {most}, got {got}; try {remedy}")
