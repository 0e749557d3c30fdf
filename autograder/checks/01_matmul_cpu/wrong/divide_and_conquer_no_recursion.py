# loses: test_divide_and_conquer_leaves_fit
# module: recursive.py
# why: cuts each side once and calls that divide and conquer: at a larger size the leaves fit no cache


def _divide(block, leaves):
    i0, i1, p0, p1, j0, j1 = block
    middle = (p0 + p1) // 2
    leaves.append(Block(i0, i1, p0, middle, j0, j1))
    leaves.append(Block(i0, i1, middle, p1, j0, j1))
