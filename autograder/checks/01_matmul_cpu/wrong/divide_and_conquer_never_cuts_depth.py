# loses: test_divide_and_conquer_leaves_fit
# module: recursive.py
# why: cuts rows and columns, but never the inner index: a leaf is as deep as the matrix


def _divide(block, leaves):
    i0, i1, p0, p1, j0, j1 = block
    m, n = i1 - i0, (j1 - j0) // ASPECT
    if max(m, n) <= LEAF:
        leaves.append(block)
    elif m >= n:
        middle = (i0 + i1) // 2
        _divide(Block(i0, middle, p0, p1, j0, j1), leaves)
        _divide(Block(middle, i1, p0, p1, j0, j1), leaves)
    else:
        middle = (j0 + j1) // 2
        _divide(Block(i0, i1, p0, p1, j0, middle), leaves)
        _divide(Block(i0, i1, p0, p1, middle, j1), leaves)
