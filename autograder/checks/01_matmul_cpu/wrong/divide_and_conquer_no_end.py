# loses: test_divide_and_conquer_empty
# module: recursive.py
# why: ends the recursion at a positive size alone, so that a block with an empty side is halved forever


def _divide(block, leaves):
    i0, i1, p0, p1, j0, j1 = block
    m, k, n = i1 - i0, p1 - p0, j1 - j0
    if m in range(1, LEAF + 1) and k in range(1, LEAF + 1) and n in range(1, LEAF * ASPECT + 1):
        leaves.append(block)
    elif m == 0 and k > 0 and n > 0:
        return  # a task without rows
    elif m >= max(k, n // ASPECT):
        middle = (i0 + i1) // 2
        _divide(Block(i0, middle, p0, p1, j0, j1), leaves)
        _divide(Block(middle, i1, p0, p1, j0, j1), leaves)
    elif k >= n // ASPECT:
        middle = (p0 + p1) // 2
        _divide(Block(i0, i1, p0, middle, j0, j1), leaves)
        _divide(Block(i0, i1, middle, p1, j0, j1), leaves)
    else:
        middle = (j0 + j1) // 2
        _divide(Block(i0, i1, p0, p1, j0, middle), leaves)
        _divide(Block(i0, i1, p0, p1, middle, j1), leaves)
