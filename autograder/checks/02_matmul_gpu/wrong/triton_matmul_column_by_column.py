# loses: test_triton_matmul_order
# module: tl_matmul.py
# why: goes through the tiles column by column, without groups: the same poor use of the L2 cache


@triton.jit
def grouped(number, height, width, GROUP: tl.constexpr):
    return number % height, number // height
