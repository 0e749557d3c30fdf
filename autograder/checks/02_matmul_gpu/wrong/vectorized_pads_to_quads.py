# loses: test_vectorized, test_vectorized_edges
# module: wide.py
# why: pads only for the loads of 16 bytes, and not for the tiles


def vectorized(a: Any, b: Any) -> Any:
    m, _, n = check_operands(a, b)
    a, b = padded(a, 4, 4), padded(b, 4, 4)
    c = product(_vectorized, a, b, (-(-b.shape[1] // COLUMNS), -(-a.shape[0] // ROWS)), THREADS)
    return contiguous(c[:m, :n])
