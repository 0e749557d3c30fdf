"""Task 00.1: parameters and FLOP of common layers, from their shapes.

A parameter is a number that training changes. The FLOP of a layer are those of its
products in one forward pass. A multiply-add is 2 FLOP, as in
`torch.utils.flop_counter`. Biases, activations, softmax and normalization count as 0
FLOP: they do about one operation for each number that they move, so they cost bytes,
and `roofline.py` counts bytes.
"""

from __future__ import annotations

from checks import checked, count, flag, whole


@checked(batch=count, inputs=count, outputs=count, bias=flag)
def linear(batch: int, inputs: int, outputs: int, bias: bool = True) -> tuple[int, int]:
    """(parameters, FLOP of a forward pass) of a fully connected layer, y = x W + b.

    x is (batch, inputs), W is (inputs, outputs), y is (batch, outputs). b is
    (outputs,), and exists only with `bias`.

    Raises TypeError for sizes that are not whole numbers, ValueError for sizes below 1.
    """
    raise NotImplementedError(
        "00.1 linear: (parameters, FLOP of a forward pass) of a fully connected layer, y = x W + b."
    )


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
    """(parameters, FLOP of a forward pass) of a 2-D convolution, as `torch.nn.Conv2d`.

    The input is (batch, in_channels, height, width), and the kernel is square.
    `padding` rows and columns of zeros are added on every side. The kernel moves by
    `stride`. Its elements are `dilation` apart, so it covers dilation * (kernel - 1) +
    1 rows. `groups` divides the channels into equal parts: an output channel sees only
    the input channels of its own part. `bias` adds one number for each output channel.

    Products with the zeros of the padding count like all others.

    Raises TypeError for sizes that are not whole numbers; ValueError for sizes out of
    range, for groups that do not divide both channel counts, and for a kernel that
    covers more than the padded image.
    """
    reach = dilation * (kernel - 1) + 1
    if in_channels % groups or out_channels % groups:
        raise ValueError(
            f"conv2d: expected groups to divide {in_channels} and {out_channels} channels, got {groups}"
        )
    if reach > min(height, width) + 2 * padding:
        raise ValueError(
            f"conv2d: expected a kernel that fits into {height} x {width} with padding {padding}, "
            f"got one that covers {reach}"
        )
    raise NotImplementedError(
        "00.1 linear (conv2d): (parameters, FLOP of a forward pass) of a 2-D convolution, as "
        "`torch.nn.Conv2d`."
    )


@checked(batch=count, queries=count, keys=count, width=count, heads=count)
def attention(batch: int, queries: int, keys: int, width: int, heads: int) -> tuple[int, int]:
    """(parameters, FLOP of a forward pass) of multi-head attention.

    As `torch.nn.MultiheadAttention`. Queries are (batch, queries, width); keys and
    values are (batch, keys, width). Queries, keys, values and the result each go
    through a linear layer of width x width with bias. Each head is width / heads wide.
    It multiplies each query with each key, and mixes the values with the softmax of
    these scores. All scores count: there is no causal mask.

    Source: Vaswani et al., Attention is all you need (2017), section 3.2.
    Raises TypeError for sizes that are not whole numbers; ValueError for sizes below 1,
    and for heads that do not divide width.
    """
    if width % heads:
        raise ValueError(f"attention: expected heads to divide width {width}, got {heads}")
    raise NotImplementedError(
        "00.1 linear (attention): (parameters, FLOP of a forward pass) of multi-head attention."
    )


@checked(batch=count, length=count, vocabulary=count, width=count)
def embedding(batch: int, length: int, vocabulary: int, width: int) -> tuple[int, int]:  # noqa: ARG001
    """(parameters, FLOP of a forward pass) of an embedding, a table of vectors.

    The table has `vocabulary` rows of `width` numbers. The input, (batch, length) whole
    numbers, selects rows. The output is (batch, length, width).

    Raises TypeError for sizes that are not whole numbers, ValueError for sizes below 1.
    """
    raise NotImplementedError(
        "00.1 linear (embedding): (parameters, FLOP of a forward pass) of an embedding, a table of vectors."
    )


@checked(width=count)
def layer_norm(width: int) -> tuple[int, int]:
    """(parameters, FLOP of a forward pass) of layer normalization over `width` numbers.

    Each of the `width` places has a gain and a shift of its own.

    Raises TypeError for a width that is not a whole number, ValueError for one below 1.
    """
    raise NotImplementedError(
        "00.1 linear (layer_norm): (parameters, FLOP of a forward pass) of layer normalization over `width` "
        "numbers."
    )
