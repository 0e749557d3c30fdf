"""The trace of reads: every one in order, the cache lines that it touches, and what a small cache misses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.lab.matmul_cpu.access_trace import AccessRecorder, Read, misses


def recorded(n: int, order: str) -> AccessRecorder:
    """A trace of the product of two n x n matrices in the given loop order."""
    recorder = AccessRecorder()
    rows = [[1.0] * n for _ in range(n)]
    a, b = recorder.matrix("A", rows), recorder.matrix("B", rows)
    span = range(n)
    for i in span:
        for second in span:
            for third in span:
                j, k = (second, third) if order == "ijk" else (third, second)
                _ = a[i][k] * b[k][j]
    return recorder


def lines_of_b(recorder: AccessRecorder) -> list[int]:
    return [recorder.address(read) // 64 for read in recorder.only("B")]


def test_a_trace_records_every_read_in_order():
    recorder = AccessRecorder()
    rows = recorder.matrix("A", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert rows[1][-1] == 6.0
    assert rows[0][1:] == [2.0, 3.0]
    assert list(rows[1]) == [4.0, 5.0, 6.0]
    assert [read[1:] for read in recorder.reads] == [(1, 2), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert recorder.address(Read("A", 1, 2)) == 5 * 8
    with pytest.raises(IndexError):
        rows[0][3]
    assert len(recorder.reads) == 6


def test_two_traced_matrices_share_no_cache_line():
    recorder = AccessRecorder()
    recorder.matrix("A", [[0.0] * 3] * 3)
    recorder.matrix("B", [[0.0] * 3] * 3)
    last, first = recorder.address(Read("A", 2, 2)), recorder.address(Read("B", 0, 0))
    assert last // 64 < first // 64
    with pytest.raises(ValueError, match="already"):
        recorder.matrix("A", [])


def test_the_loop_order_decides_what_a_small_cache_misses():
    n, lines_a_row = 32, 32 // 8
    column_order, row_order = (lines_of_b(recorded(n, order)) for order in ("ijk", "ikj"))
    assert misses(column_order, 8) == n**3, "a column of 32 lines cannot stay in 8"
    assert misses(row_order, 8) == n * n * lines_a_row, "a row is read line by line"
    assert misses(column_order, n * lines_a_row) == misses(row_order, n * lines_a_row) == n * lines_a_row


@given(st.lists(st.integers(0, 20), max_size=60), st.integers(1, 20))
def test_a_larger_cache_never_misses_more(lines, capacity):
    smaller, larger = misses(lines, capacity), misses(lines, capacity + 1)
    assert len(set(lines)) <= larger <= smaller <= len(lines)


def test_a_cache_without_lines_is_refused():
    with pytest.raises(ValueError, match="at least one line"):
        misses([1], 0)
