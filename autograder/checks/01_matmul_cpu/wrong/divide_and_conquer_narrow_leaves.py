# loses: test_divide_and_conquer_speed
# module: recursive.py
# why: cuts down to single columns: too many leaves, and no row that is long enough for a vector


def _divide(block, leaves):
    i0, i1, p0, p1, j0, j1 = block
    if j1 - j0 > 1:
        middle = (j0 + j1) // 2
        _divide(Block(i0, i1, p0, p1, j0, middle), leaves)
        _divide(Block(i0, i1, p0, p1, middle, j1), leaves)
    elif i1 - i0 > LEAF:
        middle = (i0 + i1) // 2
        _divide(Block(i0, middle, p0, p1, j0, j1), leaves)
        _divide(Block(middle, i1, p0, p1, j0, j1), leaves)
    elif p1 - p0 > LEAF:
        middle = (p0 + p1) // 2
        _divide(Block(i0, i1, p0, middle, j0, j1), leaves)
        _divide(Block(i0, i1, middle, p1, j0, j1), leaves)
    else:
        leaves.append(block)
