"""The CUDA ladder compiles for GPUs that are not here, and to the instructions that each rung is about."""

from __future__ import annotations

import os
from typing import Any

import pytest

from reference.benchmarks.matmul_gpu import machine_code as matmul_gpu_code
from reference.benchmarks.matmul_gpu.machine_code import CompilerMissingError, inner_loop, ladder_code

BLOCK, DEPTH, EACH, PITCH = 128, 8, 8, 132  # of rungs 4 and 5 on a GPU
TILE = 32  # of rung 3 on a GPU
SHARED = {
    "naive": 0,
    "coalesced": 0,
    "shared_tiled": 2 * TILE * TILE * 4,
    "register_tiled": 2 * BLOCK * DEPTH * 4,
    "vectorized": 2 * DEPTH * (PITCH + BLOCK) * 4,
}
every_rung = pytest.mark.parametrize("rung", SHARED)


@pytest.fixture(scope="module")
def code() -> dict[str, dict[str, Any]]:
    try:
        return ladder_code()
    except CompilerMissingError as error:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(f"CI must have this: {error}", pytrace=False)
        pytest.skip(str(error))


@every_rung
def test_nothing_spills_and_local_arrays_are_registers(code: Any, rung: str):
    assert code[rung]["spilled"] == 0
    assert code[rung]["stack"] == 0
    assert code[rung]["ptx"][".local"] == 0


@every_rung
def test_shared_bytes(code: Any, rung: str):
    assert code[rung]["shared"] == SHARED[rung]


@every_rung
def test_sums_are_float32_and_fused(code: Any, rung: str):
    ptx = code[rung]["ptx"]
    assert ptx[".f64"] == 0, "a constant of float64 makes every sum one"
    assert ptx["fma.rn.f32"] > 0
    assert (ptx["mul.f32"], ptx["add.f32"]) == (0, 0)


@pytest.mark.parametrize("rung", ["register_tiled", "vectorized"])
def test_two_blocks_of_256_threads_find_registers(code: Any, rung: str):
    assert code[rung]["registers"] <= 65536 // (2 * 256)


def test_the_inner_loops_hold_what_the_rungs_say(code: Any):
    """Loads of shared memory for each multiply-add: 2, then 2 / EACH, then a quarter of that."""
    tiled, registers, wide = (code[rung]["loop"] for rung in ("shared_tiled", "register_tiled", "vectorized"))
    assert tiled["FFMA"] == TILE
    assert tiled["LDS"] >= TILE  # the machine code joins some: a thread's numbers of a are neighbours
    assert registers["FFMA"] == EACH * EACH
    assert registers["LDS"] == 2 * EACH
    assert wide["FFMA"] == DEPTH * EACH * EACH
    assert wide["LDS"] == DEPTH * 2 * EACH // 4
    assert wide["BAR"] == 1


def test_wide_loads_and_stores_are_there_and_no_narrow_ones(code: Any):
    ptx = code["vectorized"]["ptx"]
    assert ptx["ld.global.v4.f32"] >= 2
    assert ptx["ld.shared.v4.f32"] == DEPTH * 2 * EACH // 4
    assert ptx["st.global.v4.f32"] == EACH * EACH // 4
    assert ptx["st.shared.v4.f32"] >= 1
    assert (ptx["ld.global.f32"], ptx["ld.shared.f32"], ptx["st.global.f32"]) == (0, 0, 0)
    assert all(code[rung]["ptx"]["ld.global.v4.f32"] == 0 for rung in SHARED if rung != "vectorized")


def test_indices_that_are_known_to_be_natural_cost_nothing(code: Any):
    """Beside multiply-adds and loads, at most a third of an instruction each in rung 4, and a tenth in rung 5."""
    for rung, share in (("register_tiled", 1 / 3), ("vectorized", 1 / 8)):
        loop = code[rung]["loop"]
        others = loop["instructions"] - sum(loop[name] for name in ("FFMA", "LDS", "LDG", "STS", "BAR"))
        assert others <= share * loop["FFMA"]


def test_the_inner_loop_is_found():
    sass = """
.L_x_1:
        /*0100*/                   FFMA R1, R2, R3, R1 ;
.L_x_2:
        /*0110*/                   FFMA R1, R2, R3, R1 ;
        /*0120*/                   FFMA R4, R2, R3, R4 ;
        /*0130*/               @P0 BRA `(.L_x_2) ;
        /*0140*/               @P1 BRA `(.L_x_3) ;
.L_x_3:
        /*0150*/                   EXIT ;
.L_x_4:
        /*0160*/                   BRA `(.L_x_4);
"""
    assert inner_loop(sass) == ["FFMA R1, R2, R3, R1", "FFMA R4, R2, R3, R4", "@P0 BRA `(.L_x_2)"]
    assert inner_loop("") == []


def test_a_missing_compiler_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(matmul_gpu_code, "_is_here", lambda library: library != "nvrtc")
    with pytest.raises(
        CompilerMissingError, match=r"and nvrtc cannot be found here; .*'cuda-toolkit\[nvvm,nvrtc\]==13"
    ):
        ladder_code()
    monkeypatch.setattr("sys.argv", ["matmul_gpu_code"])
    with pytest.raises(SystemExit, match="machine_code: numba compiles for a GPU"):
        matmul_gpu_code.main()
