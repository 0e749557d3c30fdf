# loses: test_vectorized_edges
# module: wide.py
# why: pads before it looks: 5 columns and 6 rows then fit


def vectorized(a: Any, b: Any) -> Any:
    m, n = a.shape[0], b.shape[1]
    a, b = padded(a, ROWS, DEPTH), padded(b, DEPTH, COLUMNS)
    c = product(_vectorized, a, b, (b.shape[1] // COLUMNS, a.shape[0] // ROWS), THREADS)
    return contiguous(c[:m, :n])
