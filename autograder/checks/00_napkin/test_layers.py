"""Task 00.1: parameters and FLOP of layers, beside what torch counts of its own."""

from __future__ import annotations

import pytest
from counting import attention, conv2d, embedding, layer_norm, linear
from forms import call, expect_flop, expect_parameters

from autograder.judge.checking import expect_equal


def sizes(rng, count, low=2, high=40):
    """Whole numbers that differ from each other: a size taken for another shows."""
    return [int(x) for x in low + rng.permutation(high - low)[:count]]


@pytest.mark.task("00.1")
def test_linear_parameters(student, rng):
    for bias in (True, False):
        batch, n, m = sizes(rng, 3)
        got = call(student, "linear", batch, n, m, bias=bias)
        hint = (
            "a weight for each pair of an input and an output, and a bias for each output, if there is any."
        )
        expect_parameters(got, linear(batch, n, m, bias), hint=hint)


@pytest.mark.task("00.1")
def test_linear_flop(student, rng):
    for bias in (True, False):
        batch, n, m = sizes(rng, 3)
        got = call(student, "linear", batch, n, m, bias=bias)
        hint = "a multiply and an add for each weight and each example; the bias counts as 0."
        expect_flop(got, linear(batch, n, m, bias), hint=hint)


@pytest.mark.task("00.1")
def test_conv2d_parameters(student, rng):
    for bias in (True, False):
        batch, c, f, height, width = sizes(rng, 5, 8)
        kernel = int(rng.integers(2, 6))
        got = call(student, "conv2d", batch, c, f, height, width, kernel, bias=bias)
        hint = "each output channel has kernel * kernel weights for every input channel, and a bias if asked."
        expect_parameters(got, conv2d(batch, c, f, height, width, kernel, bias=bias), hint=hint)


@pytest.mark.task("00.1")
def test_conv2d_flop(student, rng):
    for _ in range(3):  # as much padding as keeps the image's size
        batch, c, f, height, width = sizes(rng, 5, 8)
        padding = int(rng.integers(1, 4))
        kernel = 2 * padding + 1
        got = call(student, "conv2d", batch, c, f, height, width, kernel, padding=padding)
        want = conv2d(batch, c, f, height, width, kernel, padding=padding)
        hint = "every number of the output is a sum of products, 2 FLOP each: one for each weight of its channel."
        expect_flop(got, want, hint=hint)


@pytest.mark.task("00.1")
def test_conv2d_stride_and_padding(student, rng):
    for stride, padding in ((2, 1), (3, 0), (1, 0), (2, 3)):
        batch, c, f, height, width = sizes(rng, 5, 9)
        got = call(student, "conv2d", batch, c, f, height, width, 4, stride=stride, padding=padding)
        want = conv2d(batch, c, f, height, width, 4, stride=stride, padding=padding)
        hint = (
            "how many times does the kernel fit? floor((size + 2 * padding - reach) / stride) + 1, each way; an "
            "undilated kernel reaches over `kernel` places."
        )
        expect_flop(got, want, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("00.1")
def test_conv2d_groups(student, rng):
    for groups in (2, 3, 6):
        batch, c, f, height, width = sizes(rng, 5, 6, 20)
        shape = (batch, 6 * c, 6 * f, height, width, 3)
        got = call(student, "conv2d", *shape, padding=1, groups=groups)
        hint = "with groups, an output channel sees in_channels / groups input channels only."
        expect_equal(got, conv2d(*shape, padding=1, groups=groups), hint=hint)


@pytest.mark.hidden
@pytest.mark.task("00.1")
def test_conv2d_dilation(student, rng):
    for dilation in (2, 3):
        batch, c, f, height, width = sizes(rng, 5, 12)
        got = call(student, "conv2d", batch, c, f, height, width, 5, dilation=dilation, padding=2 * dilation)
        want = conv2d(batch, c, f, height, width, 5, dilation=dilation, padding=2 * dilation)
        expect_flop(got, want, hint="a dilated kernel reaches over dilation * (kernel - 1) + 1 places.")


@pytest.mark.task("00.1")
def test_attention_parameters(student, rng):
    for _ in range(3):
        batch, length, head, heads = sizes(rng, 4)
        got = call(student, "attention", batch, length, length, head * heads, heads)
        hint = "four square projections (queries, keys, values, output), each with a bias."
        expect_parameters(got, attention(batch, length, length, head * heads, heads), hint=hint)


@pytest.mark.task("00.1")
def test_attention_flop(student, rng):
    for _ in range(3):
        batch, length, head, heads = sizes(rng, 4)
        got = call(student, "attention", batch, length, length, head * heads, heads)
        hint = (
            "four projections, the scores, and the mix of values; all heads together are as wide as `width`."
        )
        expect_flop(got, attention(batch, length, length, head * heads, heads), hint=hint)


@pytest.mark.task("00.1")
def test_attention_across(student, rng):
    for _ in range(3):  # one head: how heads share the width is another check's question
        batch, queries, keys, width = sizes(rng, 4)
        got = call(student, "attention", batch, queries, keys, width, 1)
        hint = "queries and output have `queries` rows, keys and values have `keys` rows."
        expect_flop(got, attention(batch, queries, keys, width, 1), hint=hint)


@pytest.mark.task("00.1")
def test_tables_and_norms(student, rng):
    hint = "Looking a row up, and scaling each number, are no products: 0 FLOP here. The parameters count."
    for _ in range(2):
        batch, length, vocabulary, width = sizes(rng, 4)
        got = call(student, "embedding", batch, length, vocabulary, width)
        expect_equal(got, embedding(batch, length, vocabulary, width), hint=hint)
        expect_equal(call(student, "layer_norm", width), layer_norm(width), hint=hint)
