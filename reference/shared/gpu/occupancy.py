"""How many warps of a kernel an SM holds at once: its occupancy, and the resource that sets it.

A waiting warp costs nothing when another one can run, so an SM wants many. Each block takes warp slots, registers,
shared memory and a block slot, all for its whole life; the scarcest of the four sets how many blocks are there.

    occupancy(datasheet("H100 SXM"), threads=256, registers=128, shared_bytes=16384)
    # 2 blocks, 16 of 64 warps (25 %), limited by registers
"""

from __future__ import annotations

from dataclasses import dataclass

from reference.shared.gpu.datasheets import WARP, Gpu


@dataclass(frozen=True)
class Occupancy:
    """What one SM holds at once."""

    blocks: int
    warps: int
    most_warps: int
    limited_by: tuple[
        str, ...
    ]  # of "warps", "registers", "shared memory", "blocks": those that allow no more

    @property
    def fraction(self) -> float:
        """Warps, of the warps that the SM could hold."""
        return self.warps / self.most_warps

    def __str__(self) -> str:
        blocks = f"{self.blocks} block{'s' if self.blocks > 1 else ''}"
        warps = f"{self.warps} of {self.most_warps} warps ({self.fraction:.0%})".replace("%", " %")
        return f"{blocks}, {warps}, limited by {' and '.join(self.limited_by)}"


def occupancy(gpu: Gpu, threads: int, registers: int, shared_bytes: int = 0) -> Occupancy:
    """The occupancy of a kernel on one SM of `gpu`.

    threads: of a block. registers: of a thread, as the compiler reports them. shared_bytes: of a block, static and
    dynamic together. Cost: O(1).

    Raises TypeError for something else than whole numbers, and ValueError for a block that no SM can start: its
    threads, its registers (all together, or a thread's) or its shared memory are more than an SM gives one block.
    Source: NVIDIA, cuda_occupancy.h (cudaOccMaxActiveBlocksPerMultiprocessor), with all the shared memory that the
    SM can split off its L1 cache.
    """
    for name, value, least in (
        ("threads", threads, 1),
        ("registers", registers, 1),
        ("shared_bytes", shared_bytes, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"occupancy: expected {name} to be a whole number, got {value!r}")
        if value < least:
            raise ValueError(f"occupancy: expected {name} to be at least {least}, got {value}")
    limits = gpu.limits
    if threads > limits.threads_per_block:
        _refuse(gpu, f"{threads} threads", f"{limits.threads_per_block} threads", "a smaller block")
    if registers > limits.registers_per_thread:
        _refuse(
            gpu, f"{registers} registers a thread", f"{limits.registers_per_thread}", "smaller tiles a thread"
        )
    if shared_bytes > limits.shared_per_block:
        _refuse(
            gpu,
            f"{shared_bytes} bytes of shared memory",
            f"{limits.shared_per_block}",
            "smaller tiles a block",
        )
    warps = -(-threads // WARP)
    a_warp = _rounded_up(registers * WARP, limits.register_unit)
    # The hardware checks a block as if every partition had to take its share, so it rounds the warps up to 4.
    a_block = a_warp * _rounded_up(warps, limits.partitions)
    if a_block > limits.registers_per_block:
        held = f"{threads} threads with {registers} registers each, {a_block} registers"
        _refuse(
            gpu, held, f"{limits.registers_per_block} registers", "fewer threads, or smaller tiles a thread"
        )
    a_partition = limits.registers_per_sm // limits.partitions // a_warp  # warps whose registers it can hold
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


def _refuse(gpu: Gpu, got: str, most: str, remedy: str) -> None:
    raise ValueError(
        f"occupancy: a block of {got} cannot start on {gpu.name}, whose SMs (compute capability "
        f"{gpu.limits.capability}) give a block at most {most}; try {remedy}"
    )
