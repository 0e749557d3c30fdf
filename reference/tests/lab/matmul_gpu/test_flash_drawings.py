"""The pictures of FlashAttention: which tiles they show as visited, the bytes of their formulas, and bad input."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.lab.matmul_gpu.flash_drawings import (
    MASKED,
    SKIPPED,
    WHOLE,
    flash_bytes,
    memory_over_length,
    score_bytes,
    tile_loop,
    visits,
)

SIZES = st.integers(1, 20)


@given(SIZES, SIZES, st.integers(1, 7), st.integers(1, 7), st.booleans())
def test_tiles_are_visited_where_a_score_is_seen(queries, keys, block_q, block_k, causal):
    rows, columns = np.arange(queries)[:, None], np.arange(keys + block_k)[None, :]
    seen = (columns < keys) & ((columns <= rows) | (not causal))
    kinds = visits(queries, keys, block_q, block_k, causal)
    assert (len(kinds), len(kinds[0])) == (-(-queries // block_q), -(-keys // block_k))
    for i, j in itertools.product(range(len(kinds)), range(len(kinds[0]))):
        tile = seen[i * block_q : (i + 1) * block_q, j * block_k : (j + 1) * block_k]
        assert kinds[i][j] == (WHOLE if tile.all() else MASKED if tile.any() else SKIPPED)


def test_the_tile_loop_says_how_many_tiles():
    assert tile_loop(8, 8, 2, 1).alt.startswith(
        "The matrix of scores, 8 queries in tiles of 2, 8 keys in tiles of 1; 20 of 32"
    )
    assert "32 of 32 tiles" in tile_loop(8, 8, 2, 1, causal=False).alt
    assert "with a mask" in tile_loop(5, 7, 2, 3).alt


def test_memory_grows_with_the_square_or_not():
    assert score_bytes(4096) == 32 * 2**20
    assert flash_bytes(4096, 64) == 4096 * 132
    picture = memory_over_length([1024, 4096, 16384])
    assert "At length 16384 plain attention keeps 249× the bytes of flash attention" in picture.alt
    assert len(picture.png()) > 10_000


def test_drawings_of_flash_refuse_nonsense():
    with pytest.raises(ValueError, match="sizes of at least 1"):
        tile_loop(8, 0)
    with pytest.raises(ValueError, match="at least two lengths"):
        memory_over_length([1024])
