# loses: test_divide_and_conquer_rectangles
# module: recursive.py
# why: takes both halves to have half the size, and loses the last product of an odd depth


def _divide(block, leaves):
    i0, i1, p0, p1, j0, j1 = block
    m, k, n = i1 - i0, p1 - p0, (j1 - j0) // ASPECT
    largest = max(m, k, n)
    if largest <= LEAF:
        leaves.append(block)
    elif m == largest:
        middle = (i0 + i1) // 2
        _divide(Block(i0, middle, p0, p1, j0, j1), leaves)
        _divide(Block(middle, i1, p0, p1, j0, j1), leaves)
    elif k == largest:
        half = k // 2
        _divide(Block(i0, i1, p0, p0 + half, j0, j1), leaves)
        _divide(Block(i0, i1, p0 + half, p0 + 2 * half, j0, j1), leaves)
    else:
        middle = (j0 + j1) // 2
        _divide(Block(i0, i1, p0, p1, j0, middle), leaves)
        _divide(Block(i0, i1, p0, p1, middle, j1), leaves)
