# loses: test_coalesced
# module: direct.py
# why: counts the blocks along the rows first, and the kernel's x goes along the columns


def coalesced(a: Any, b: Any) -> Any:
    m, _, n = check_operands(a, b)
    grid = ceil_div(m, BLOCK[1]), ceil_div(n, BLOCK[0])
    return product(_coalesced, a, b, grid, BLOCK)
