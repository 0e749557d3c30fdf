# loses: test_divide_and_conquer_leaves_fit
# module: recursive.py
# why: skips the middle row where it cuts the rows, which only happens in large matrices


def _divide(block, leaves):
    i0, i1, p0, p1, j0, j1 = block
    m, k, n = i1 - i0, p1 - p0, (j1 - j0) // ASPECT
    largest = max(m, k, n)
    if largest <= LEAF:
        leaves.append(block)
    elif m == largest:
        middle = (i0 + i1) // 2
        _divide(Block(i0, middle, p0, p1, j0, j1), leaves)
        _divide(Block(middle + 1, i1, p0, p1, j0, j1), leaves)
    elif k == largest:
        middle = (p0 + p1) // 2
        _divide(Block(i0, i1, p0, middle, j0, j1), leaves)
        _divide(Block(i0, i1, middle, p1, j0, j1), leaves)
    else:
        middle = (j0 + j1) // 2
        _divide(Block(i0, i1, p0, p1, j0, middle), leaves)
        _divide(Block(i0, i1, p0, p1, middle, j1), leaves)
