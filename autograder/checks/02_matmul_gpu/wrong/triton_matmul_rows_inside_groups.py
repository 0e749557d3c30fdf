# loses: test_triton_matmul_order
# module: tl_matmul.py
# why: goes along the rows inside of a group of rows, which is the same as no groups at all


@triton.jit
def grouped(number, height, width, GROUP: tl.constexpr):
    first = number // (GROUP * width) * GROUP
    inside = number % (GROUP * width)
    return first + inside // width, inside % width
