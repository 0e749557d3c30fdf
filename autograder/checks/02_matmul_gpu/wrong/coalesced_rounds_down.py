# loses: test_coalesced, test_coalesced_edges
# module: direct.py
# why: rounds the number of blocks down


def coalesced(a: Any, b: Any) -> Any:
    m, _, n = check_operands(a, b)
    grid = max(1, n // BLOCK[0]), m // BLOCK[1]
    return product(_coalesced, a, b, grid, BLOCK)
