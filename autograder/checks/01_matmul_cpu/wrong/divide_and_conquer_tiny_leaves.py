# loses: test_divide_and_conquer_speed
# module: recursive.py
# why: divides down to a few numbers, and spends its time on the dividing


def _divide(block, leaves):
    i0, i1, p0, p1, j0, j1 = block
    m, k, n = i1 - i0, p1 - p0, j1 - j0
    largest = max(m, k, n)
    if largest <= 8:
        leaves.append(block)
    elif m == largest:
        middle = (i0 + i1) // 2
        _divide(Block(i0, middle, p0, p1, j0, j1), leaves)
        _divide(Block(middle, i1, p0, p1, j0, j1), leaves)
    elif k == largest:
        middle = (p0 + p1) // 2
        _divide(Block(i0, i1, p0, middle, j0, j1), leaves)
        _divide(Block(i0, i1, middle, p1, j0, j1), leaves)
    else:
        middle = (j0 + j1) // 2
        _divide(Block(i0, i1, p0, p1, j0, middle), leaves)
        _divide(Block(i0, i1, p0, p1, middle, j1), leaves)
