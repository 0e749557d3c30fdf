"""The Triton kernels of unit 02 compile for GPUs that are not here, and use of them what they should."""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportCallIssue=false

from __future__ import annotations

import pytest

from reference.shared import gpu

if not gpu.select().has_triton:
    pytest.skip("Triton is made for Linux alone", allow_module_level=True)

import triton
import triton.language as tl

from reference.lab.matmul_gpu import matmul_tuning as triton_tuning
from reference.matmul_gpu.norm import _add_rows, _backward_rows, _forward_row
from reference.matmul_gpu.softmax import _softmax_long_row, _softmax_row
from reference.matmul_gpu.tl_matmul import _add_parts, _list_order, _matmul, _persistent
from reference.shared.gpu.compile import (
    CompiledKernel,
    KernelSpec,
    compile_kernel,
    compile_kernels,
    descriptor,
)

EVEN = "i32:16"  # a multiple of 16, as sizes and strides mostly are


def matmul(
    dtype: str, tile: tuple[int, ...], arch: int, precision: str = "ieee", size: str = EVEN
) -> KernelSpec:
    m, n, k, warps, stages = tile
    pointers = dict.fromkeys("abc", f"*{dtype}:16")
    sizes = dict.fromkeys(("m", "n", "k", "a_row", "b_row"), size)
    constants = {"a_column": 1, "b_column": 1, "PARTS": 1, "PRECISION": precision}
    constants |= {"BM": m, "BN": n, "BK": k, "GROUP": 8}
    return KernelSpec(_matmul, pointers | sizes | {"tuned_for": "i32"}, constants, warps, stages, arch)


def persistent(dtype: str, tile: tuple[int, ...], arch: int, *, transposed: bool = False) -> KernelSpec:
    m, n, k, warps, stages, halves = tile
    blocks = {
        "a": (k, m) if transposed else (m, k),
        "b": (n, k) if transposed else (k, n),
        "c": (m, n // (1 + halves)),
    }
    signature = {name: descriptor(dtype, block) for name, block in blocks.items()}
    signature |= dict.fromkeys("mnk", EVEN) | {"tuned_for": "i32"}
    constants = {
        "A_TRANSPOSED": transposed,
        "B_TRANSPOSED": transposed,
        "HALVES": bool(halves),
        "PRECISION": "ieee",
    }
    return KernelSpec(
        _persistent, signature, constants | {"BM": m, "BN": n, "BK": k, "GROUP": 8}, warps, stages, arch
    )


def rows(arch: int, dtype: str) -> list[KernelSpec]:
    """The kernels that walk along rows."""
    x, f = f"*{dtype}:16", "*fp32:16"
    softmax = {"x": x, "y": x, "n": "i32", "row_stride": "i32"}
    forward = dict.fromkeys(("x", "weight", "bias", "y"), x) | {"mean": f, "scale": f}
    backward = dict.fromkeys(("x", "dy", "weight"), x) | {"mean": f, "scale": f, "dx": x, "partial": f}
    steps = {"n": "i32", "row_stride": "i32"}
    one = {"column_stride": 1}
    return [
        KernelSpec(_softmax_row, softmax, one | {"BLOCK": 16384}, 16, 3, arch),
        KernelSpec(_softmax_long_row, softmax, one | {"BLOCK": 4096}, 8, 3, arch),
        KernelSpec(_forward_row, forward | steps | {"eps": "fp32"}, one | {"BLOCK": 4096}, 8, 3, arch),
        KernelSpec(_backward_rows, backward | {"m": "i32"} | steps, one | {"BLOCK": 4096}, 8, 3, arch),
        KernelSpec(
            _add_rows,
            {"partial": f, "dweight": x, "dbias": x, "programs": "i32", "n": "i32"},
            {"ROWS": 8, "BLOCK": 64},
            arch=arch,
        ),
        KernelSpec(_add_parts, {"parts": f, "c": x, "size": "i32"}, {"PARTS": 4, "BLOCK": 1024}, arch=arch),
        KernelSpec(_list_order, {"order": "*i32", "height": "i32", "width": "i32"}, {"GROUP": 8}, arch=arch),
    ]


def assert_sound(codes: list[CompiledKernel]) -> None:
    for code in codes:
        assert code.fits(), f"{code.name} needs {code.shared} bytes of shared memory on sm_{code.arch}"
        assert code.spilled == 0, f"{code.name} spills {code.spilled} bytes on sm_{code.arch}"
        assert 0 < code.registers < 256


@pytest.mark.slow
def test_large_tiles_reach_hoppers_tensor_cores_and_its_copy_engine():
    largest = max(triton_tuning._TILES, key=lambda tile: tile[0] * tile[1] * tile[2] * tile[4])
    described = [triton_tuning._DESCRIBED_TILES[0], triton_tuning._DESCRIBED_TILES[2]]
    specs = [
        matmul("bf16", largest, 90),
        *(persistent("bf16", tile, 90) for tile in described),
        persistent("bf16", described[0], 90, transposed=True),
    ]
    pointed, *through_descriptors = codes = compile_kernels(specs)
    assert_sound(codes)
    assert all(code.has("wgmma.mma_async") for code in codes)
    assert pointed.has("cp.async.cg")
    assert all(code.has("cp.async.bulk.tensor") for code in through_descriptors)


@pytest.mark.slow
def test_float32_stays_away_from_tensor_cores_unless_tf32_is_asked_for():
    tile = (64, 64, 32, 4, 2)
    exact, fast = compile_kernels([matmul("fp32", tile, 90), matmul("fp32", tile, 90, "tf32")])
    assert_sound([exact, fast])
    assert exact.has("fma.rn.f32")
    assert not exact.has("wgmma")
    assert not exact.has("mma")
    assert "tf32" in fast.ptx
    assert fast.has("wgmma.mma_async")


@pytest.mark.slow
def test_matmul_compiles_for_an_a100_and_a_t4():
    small = (64, 64, 32, 4, 2)
    codes = compile_kernels(
        [
            matmul("bf16", (128, 128, 32, 8, 3), 80),
            matmul("bf16", small, 80, size="i32"),
            persistent("bf16", (*small, False), 80),
            matmul("fp16", (64, 64, 32, 8, 2), 75),
            matmul("fp32", small, 75),
        ]
    )
    assert_sound(codes)
    # Triton 3.7 uses tensor cores from sm_80 on, and multiplies on a T4 one number at a time.
    assert [code.has("mma.sync") for code in codes] == [True, True, True, False, False]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arch", "dtype"), [(90, "bf16"), pytest.param(75, "fp16", marks=pytest.mark.exhaustive)]
)
def test_kernels_along_rows_compile_without_spills(arch: int, dtype: str):
    assert_sound(compile_kernels(rows(arch, dtype)))


@triton.jit
def double(x, BLOCK: tl.constexpr):
    places = tl.arange(0, BLOCK)
    tl.store(x + places, 2 * tl.load(x + places))


@triton.jit
def wrong(x, BLOCK: tl.constexpr):
    tl.store(x + tl.arange(0, BLOCK + 1), 0.0)  # not a power of two


@pytest.mark.slow
def test_code_tells_what_a_kernel_needs():
    code = compile_kernel(double, {"x": "*fp32:16"}, {"BLOCK": 512}, arch=80)
    assert (code.name, code.arch, code.shared, code.spilled) == ("double", 80, 0, 0)
    assert 0 < code.registers < 64
    assert ".target sm_80" in code.ptx
    assert code.has("ld.global.v4")
    assert not code.has("mma")


@pytest.mark.slow
def test_a_kernel_that_does_not_compile_says_why():
    with pytest.raises(RuntimeError, match="power of 2"):
        compile_kernel(wrong, {"x": "*fp32"}, {"BLOCK": 8})


@pytest.mark.parametrize(
    ("signature", "constants", "words"),
    [
        ({"x": "*fp32"}, {}, "BLOCK"),
        ({"x": "*fp32", "BLOCK": "i32"}, {"BLOCK": 8}, "BLOCK"),
        ({"y": "i32"}, {"x": 1, "BLOCK": 8}, "y"),
    ],
)
def test_every_argument_is_asked_for_once(signature: dict[str, str], constants: dict[str, int], words: str):
    with pytest.raises(ValueError, match=f"each argument once.*{words}"):
        compile_kernel(double, signature, constants)
