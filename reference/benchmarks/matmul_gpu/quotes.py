"""The sentences of lecture 02 with figures: from the record, from datasheets, by formula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference.benchmarks.matmul_gpu.counts import CARD, STRIP_GROUP
from reference.benchmarks.matmul_gpu.figures import compiled, instructions, saved
from reference.shared.gpu.datasheets import WARP, datasheet
from reference.shared.gpu.occupancy import occupancy

LATENCY = 700  # cycles of a read from memory: M. Dewing, AI_kernels, latency/README.md, H100 SXM


def quotes(record: Mapping[str, Any]) -> list[str]:
    """Return every piece of a sentence or a table with a figure, with spaces as in the source of the slides."""
    return [*machine(), *ladder(record), *registers(record), *order(record), *kernels(record), *exercises()]


def machine() -> list[str]:
    """Return the figures of the GPU, from its datasheet."""
    card, other = datasheet(CARD), datasheet("H200")
    flight = LATENCY / card.clock * card.bandwidth
    an_sm = flight / card.sms
    threads = card.sms * card.limits.warps_per_sm * WARP
    operands = card.fp32 / 2 * 8
    return [
        f"**{threads:,}** threads".replace(",", " "),
        f"{card.bandwidth / 1e12:.2f}\\,\\text{{TB/s}} \\times {LATENCY / card.clock * 1e9:.0f}\\,\\text{{ns}}",
        f"**{flight / 1e6:.1f} MB**",
        f"{an_sm / 1e3:.0f} kB for each SM: **{an_sm / (4 * WARP):.0f}** reads of a whole warp",
        f"{an_sm:.0f} bytes an SM",
        f"All registers together are {card.sms * card.limits.registers_per_sm * 4 / 2**20:.0f} MiB",
        f"{card.shared_bandwidth / 1e12:.0f} TB/s = {card.sms} × 128 bytes × {card.clock / 1e9:.2f} GHz",
        f"{operands / 1e12:.0f} TB/s. Shared memory can bring an eighth of that",
        f"H100: {card.fp32 / 1e12:.0f} / {card.bandwidth / 1e12:.2f} = {card.ridge():.0f} in fp32",
        f"{card.bf16 / 1e12:.1f} / {card.bandwidth / 1e12:.2f} = {card.ridge('bf16'):.0f} in bf16",
        f"4.8 TB/s: {other.ridge():.0f} and {other.ridge('bf16'):.0f}",
        f"Ask for L4: the ridge in fp32 is {datasheet('L4').ridge():.0f}",
    ]


def ladder(record: Mapping[str, Any]) -> list[str]:
    """Return the figures of the rungs, as traced."""
    rungs = record["ladder"]
    first, second = rungs["naive"]["bytes"], rungs["coalesced"]["bytes"]
    tiled, registers, wide = (rungs[name] for name in ("shared_tiled", "register_tiled", "vectorized"))
    per_thousand, wider = ({key: 1000 * value for key, value in each.items()} for each in (registers, wide))
    return [
        f"{first:g} and {second:g} bytes for each multiply-add",
        f"The ratio {first / second:.1f} is close to",
        f"$T = 32$: **{tiled['bytes']:g}** bytes, where `coalesced` moves {second:g}",
        f"each multiply-add reads **{('none', 'one', 'two')[round(tiled['shared_reads'])]}** numbers of shared memory",
        f"Traced: {registers['shared_reads']:g} reads of shared memory a multiply-add",
        f"8 / 128 = {registers['bytes']:g} bytes of global memory a multiply-add",
        f"{per_thousand['requests']:.1f} requests to global memory and {per_thousand['shared_requests']:.0f} to shared "
        f"memory for a thousand multiply-adds of a warp in register_tiled, {wider['requests']:.1f} and "
        f"{wider['shared_requests']:.1f} in vectorized",
        f"{instructions(tiled) / instructions(wide):.0f} times fewer instructions than shared_tiled",
    ]


def registers(record: Mapping[str, Any]) -> list[str]:
    """Return the figures that the compilers reported."""
    first, *others = [f"`{name}` {count}" for name, (_, count, _) in compiled(record).items()]
    parts = {name: each["ffma"] / each["loop"] for name, each in record["compiled"].items()}
    share = {name: f"{part:.0%}".replace("%", " %") for name, part in parts.items()}
    last = record["compiled"]["vectorized"]
    triton = record["triton"]
    sides = " × ".join(str(triton[side]) for side in ("BM", "BN", "BK"))
    return [
        ", ".join(f"`{name}` {text}" for name, text in share.items() if name != "naive"),
        f"{last['ffma']} multiply-adds among {last['loop']} instructions",
        ", ".join([f"{first} registers", *others]),
        "**Nothing spilled.**"
        if not any(each["spilled"] for each in record["compiled"].values())
        else "spilled",
        f"tiles of {sides}: `tl.dot` becomes **{'wgmma' if triton['wgmma'] else 'no wgmma'}**",
        f"{triton['registers']} registers, {triton['spilled']} bytes spilled, {triton['shared'] // 1024} KiB of shared",
    ]


def order(record: Mapping[str, Any]) -> list[str]:
    """Return the strips of A and B that one program on each SM reads."""
    (small, fewer), (large, less) = record["order"]["strips"].values()
    return [f"{small} strips row by row, {fewer} in groups of {STRIP_GROUP}", f"tiles {large} and {less}"]


def kernels(record: Mapping[str, Any]) -> list[str]:
    """Return the figures of softmax and attention, as counted."""
    rows, columns, read, written = (record["softmax"][key] for key in ("rows", "columns", "read", "written"))
    numbers = 4 * rows * columns
    longest = max(record["attention"], key=int)
    return [
        f"{rows} × {columns} numbers in float32, {read / numbers:g} time read and {written / numbers:g} time written",
        f"at {longest} keys the mask saves {saved(record):.0%}".replace("%", " %"),
    ]


def exercises() -> list[str]:
    """Return the figures of the answers."""
    found = occupancy(datasheet(CARD), 256, 64, 60 * 1024)
    tiles = 4096 // 64
    return [
        f"{found.blocks} blocks, {found.warps} of {found.most_warps} warps",
        f"H200: {datasheet('H200').ridge():.0f} * 4 = {4 * datasheet('H200').ridge():.0f}",
        f"{tiles} * {tiles + 1} / 2 = {tiles * (tiles + 1) // 2} of {tiles**2}",
    ]
