# loses: test_conv2d_stride_and_padding
# module: layers.py
# why: takes the output to be as large as the input, whatever stride and padding are


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
    weights = out_channels * (in_channels // groups) * kernel**2
    return weights + (out_channels if bias else 0), 2 * batch * height * width * weights
