# loses: test_triton_matmul_order
# module: tl_matmul.py
# why: goes through the tiles row by row: right values, and a poor use of the L2 cache


@triton.jit
def grouped(number, height, width, GROUP: tl.constexpr):
    return number // width, number % width
