"""Rung 7 and its vectors: right at every size and width, and compiled to the instructions that it names."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from reference.matmul_cpu.microkernel import _tile, microkernel
from reference.matmul_cpu.vectors import (
    ShapeType,
    broadcast,
    fma,
    load,
    registers,
    store,
    tile_shape,
    vector_bits,
)
from reference.tests.effort import tries
from reference.tests.matmul_cpu.bounds import LAYOUTS, assert_product, strided

SIDE = st.one_of(st.integers(0, 20), st.sampled_from([31, 33, 47, 48, 49, 97, 257, 300]))
LAYOUT = st.sampled_from(LAYOUTS[:5])


@tries(80)
@given(SIDE, SIDE, SIDE, st.sampled_from([np.float32, np.float64]), LAYOUT, LAYOUT, st.integers(0, 2**32 - 1))
def test_any_sizes_and_strides(m, k, n, dtype, layout_a, layout_b, seed):
    rng = np.random.default_rng(seed)
    a = np.array(strided(rng, m, k, dtype, layout_a))
    b = np.array(strided(rng, k, n, dtype, layout_b))
    assert_product(microkernel(a, b), a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sizes_of_several_blocks(dtype):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((70, 900)).astype(dtype), rng.standard_normal((900, 1000)).astype(dtype)
    assert_product(microkernel(a, b), a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_instructions_do_what_they_say(dtype):
    shape = tile_shape(dtype)

    @njit
    def kernel(x, out):
        tile = registers(shape)
        tile[1, 1] = fma(broadcast(shape, x, 1), load(shape, x, 3), load(shape, x, 0))
        store(out, 1, tile[1, 1] + tile[0, 0])

    x = np.arange(shape.lanes + 3, dtype=dtype)
    out = np.full(shape.lanes + 2, -1, dtype)
    kernel(x, out)
    np.testing.assert_array_equal(out[1:-1], x[1] * x[3 : 3 + shape.lanes] + x[: shape.lanes])
    assert out[0] == out[-1] == -1


@pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="reads x86 assembly")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_tile_stays_in_registers(dtype):
    shape = tile_shape(dtype)
    x = np.zeros(shape.rows * shape.width, dtype)
    fresh = njit(_tile.py_func)  # what comes from numba's cache brings no assembly
    fresh(shape, x, x, 1, x, 0, shape.width)
    assembly = next(text for key, text in fresh.inspect_asm().items() if key[0] == ShapeType(shape))
    sums = re.findall(r"vfmadd\w+\s.*", assembly)
    # For some processors LLVM also unrolls the loop over the depth.
    assert sums, "no fused multiply-add"
    assert len(sums) % (shape.rows * shape.vectors) == 0, "the loops over the tile are not unrolled"
    assert not [line for line in sums if "(%rsp)" in line], "sums are kept on the stack"


PRODUCTS = """
import numpy as np
from reference.matmul_cpu import matmul
from reference.matmul_cpu.microkernel import microkernel
from reference.matmul_cpu.vectors import vector_bits
from reference.tests.matmul_cpu.bounds import assert_product
rng = np.random.default_rng(3)
for dtype in (np.float32, np.float64):
    for m, k, n in ((5, 7, 9), (70, 300, 131), (129, 64, 257)):
        a, b = rng.standard_normal((m, k)).astype(dtype), rng.standard_normal((k, n)).astype(dtype)
        for f in (matmul, microkernel):
            assert_product(f(a, b), a, b)
    assert_product(matmul(a.T.copy().T, b[:, ::-1], threads=1), a, b[:, ::-1])
print(vector_bits())
"""


@pytest.mark.exhaustive  # compiles every kernel again for each width
@pytest.mark.parametrize("bits", [256, 128])
def test_narrower_vectors_give_the_same_products(bits):
    if vector_bits() <= bits:
        pytest.skip(f"this CPU's widest vectors have {vector_bits()} bits")
    environment = {**os.environ, "MLSYS_VECTOR_BITS": str(bits)}
    done = subprocess.run([sys.executable, "-c", PRODUCTS], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) == bits


def test_a_bad_vector_width_is_refused(monkeypatch):
    monkeypatch.setenv("MLSYS_VECTOR_BITS", "500")
    with pytest.raises(ValueError, match="expected 128, 256 or 512, got '500'"):
        vector_bits()
