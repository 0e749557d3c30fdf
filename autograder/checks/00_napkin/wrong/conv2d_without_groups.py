# loses: test_conv2d_groups
# module: layers.py
# why: lets every output channel see all input channels, also if there are groups


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
    reach = dilation * (kernel - 1) + 1
    rows, columns = ((size + 2 * padding - reach) // stride + 1 for size in (height, width))
    weights = out_channels * in_channels * kernel**2
    return weights + (out_channels if bias else 0), 2 * batch * rows * columns * weights
