# loses: test_conv2d_dilation
# module: layers.py
# why: takes a dilated kernel to reach no further than any other


def conv2d(
    batch,
    in_channels,
    out_channels,
    height,
    width,
    kernel,
    *,
    stride=1,
    padding=0,
    dilation=1,
    groups=1,
    bias=True,
):
    rows, columns = ((size + 2 * padding - kernel) // stride + 1 for size in (height, width))
    weights = out_channels * (in_channels // groups) * kernel**2
    return weights + (out_channels if bias else 0), 2 * batch * rows * columns * weights
