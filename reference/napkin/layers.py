"""Task 00.1: parameters and FLOP of the layers that networks are made of, from their shapes alone.

A parameter is a number that training changes. The FLOP of a layer are those of its products in one forward pass:
a multiply and an add for each term, so 2 a multiply-add, as `torch.utils.flop_counter` counts. Biases,
activations, softmax and normalization count as 0: there are few of them for each number that they touch, so what
they cost is the moving of that number, and bytes are the business of `roofline.py`.
"""

from __future__ import annotations

from reference.napkin.checks import checked, count, flag, whole


@checked(batch=count, inputs=count, outputs=count, bias=flag)
def linear(batch: int, inputs: int, outputs: int, bias: bool = True) -> tuple[int, int]:
    """(parameters, FLOP of a forward pass) of a fully connected layer, y = x W + b.

    x is (batch, inputs), W is (inputs, outputs), b is (outputs,) and there only with `bias`, y is (batch, outputs).

    Raises TypeError for sizes that are no whole numbers, ValueError for sizes below 1.
    """
    parameters = inputs * outputs + (outputs if bias else 0)
    return parameters, 2 * batch * inputs * outputs


@checked(
    batch=count,
    in_channels=count,
    out_channels=count,
    height=count,
    width=count,
    kernel=count,
    stride=count,
    padding=whole,
    dilation=count,
    groups=count,
    bias=flag,
)
def conv2d(
    batch: int,
    in_channels: int,
    out_channels: int,
    height: int,
    width: int,
    kernel: int,
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
    bias: bool = True,
) -> tuple[int, int]:
    """(parameters, FLOP of a forward pass) of a 2-D convolution with a square kernel, as `torch.nn.Conv2d`.

    The input is (batch, in_channels, height, width). `padding` rows and columns of zeros stand on every side; the
    kernel moves by `stride`; its own elements stand `dilation` apart, so that it reaches over
    dilation * (kernel - 1) + 1 rows. With `groups`, the channels fall into that many equal parts, and an output
    channel sees the input channels of its own part alone. `bias` adds one number for each output channel.

    Products with the zeros of the padding count like all others.

    Raises TypeError for sizes that are no whole numbers; ValueError for sizes out of range, groups that do not divide
    both channel counts, or a kernel that reaches over more than the padded image.
    """
    reach = dilation * (kernel - 1) + 1
    if in_channels % groups or out_channels % groups:
        raise ValueError(
            f"conv2d: expected groups to divide {in_channels} and {out_channels} channels, got {groups}"
        )
    if reach > min(height, width) + 2 * padding:
        raise ValueError(
            f"conv2d: expected a kernel that fits into {height} x {width} with padding {padding}, "
            f"got one that reaches over {reach}"
        )
    # BEGIN SOLUTION
    rows, columns = ((size + 2 * padding - reach) // stride + 1 for size in (height, width))
    weights = out_channels * (in_channels // groups) * kernel**2
    parameters = weights + (out_channels if bias else 0)
    return parameters, 2 * batch * rows * columns * weights  # each weight is used once at each place
    # END SOLUTION


@checked(batch=count, queries=count, keys=count, width=count, heads=count)
def attention(batch: int, queries: int, keys: int, width: int, heads: int) -> tuple[int, int]:
    """(parameters, FLOP of a forward pass) of multi-head attention, as `torch.nn.MultiheadAttention`.

    Queries are (batch, queries, width); keys and values are (batch, keys, width). Queries, keys and values each
    go through a linear layer of width x width with bias, and so does the result. Between them every head, width /
    heads wide, takes the product of each query with each key, and with the softmax of these scores mixes the values.
    All scores are counted: no causal mask.

    Source: Vaswani et al., Attention is all you need (2017), section 3.2.
    Raises TypeError for sizes that are no whole numbers; ValueError for sizes below 1, or heads that do not divide
    width.
    """
    if width % heads:
        raise ValueError(f"attention: expected heads to divide width {width}, got {heads}")
    # BEGIN SOLUTION
    ours, ours_flop = linear(batch * queries, width, width)  # of the queries, and again of the result
    theirs, theirs_flop = linear(batch * keys, width, width)  # of the keys, and again of the values
    scores = 2 * batch * queries * keys * width  # the heads share the width, so their number does not matter
    mix = scores
    return 2 * (ours + theirs), 2 * (ours_flop + theirs_flop) + scores + mix
    # END SOLUTION


@checked(batch=count, length=count, vocabulary=count, width=count)
def embedding(batch: int, length: int, vocabulary: int, width: int) -> tuple[int, int]:  # noqa: ARG001
    """(parameters, FLOP of a forward pass) of a table of `vocabulary` rows, `width` numbers each.

    The input, (batch, length) whole numbers, picks rows; the output is (batch, length, width).

    Raises TypeError for sizes that are no whole numbers, ValueError for sizes below 1.
    """
    return vocabulary * width, 0  # a row is copied, and nothing multiplied


@checked(width=count)
def layer_norm(width: int) -> tuple[int, int]:
    """(parameters, FLOP of a forward pass) of layer normalization over the last `width` numbers.

    Every place of these has a gain and a shift of its own.

    Raises TypeError for a width that is no whole number, ValueError for one below 1.
    """
    return 2 * width, 0  # elementwise: no product of matrices
