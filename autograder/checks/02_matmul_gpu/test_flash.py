"""Tasks 02.24 to 02.26: FlashAttention-2 in plain torch, and in Triton forward and backward."""

from __future__ import annotations

import pytest
import torch
from attention_oracle import attention, backward_operands, expect_at_most, probe
from replays import orders, run
from tl_oracle import expect_tensor

RESCALE = (
    "Where a tile raises the maximum of a row, what was summed so far has to be multiplied by "
    "exp(old maximum - new one): both total and acc. At the end acc is divided by total."
)
MASK = "Query i sees key j where j <= i, both counted from their own first row; key 0 is seen by all."
SKIP = "Tiles of keys that begin behind the last query of the tile hold nothing that is seen: leave them out."
LSE = "p = exp(s - lse) with the lse that is given, to base e; no row's maximum or sum is needed again."


def tiles_backward(student, rng, case):
    """(dq, dk, dv, c) of the student's tile loop."""
    operands, c = backward_operands(rng, case)
    return *student.call("flash_tiles.py:_backward", *operands), c


@pytest.mark.task("02.24")
def test_flash_tiles_values(student, rng):
    for queries, keys, d in ((1, 1, 1), (70, 131, 7), (64, 200, 16), (129, 3, 5)):
        case = attention(rng, queries, keys, d)
        o, lse = student.call("flash_tiles.py:_forward", *case.operands)
        case.expect_o(o, hint=RESCALE)
        case.expect_lse(lse, hint="lse = m + log(total), the natural logarithm: (batch, queries).")


@pytest.mark.task("02.24")
def test_flash_tiles_causal(student, rng):
    for queries, keys in ((60, 60), (150, 150), (150, 70), (70, 150)):
        case = attention(rng, queries, keys, 8, causal=True, falling=True)
        case.expect_o(student.call("flash_tiles.py:_forward", *case.operands)[0], hint=MASK)
        _, _, dv, c = tiles_backward(student, rng, case)
        case.expect_gradient(dv, "dv", c, hint=f"dv: p is 0 where the mask hides a key. {MASK}")


@pytest.mark.task("02.24")
def test_flash_tiles_gradients(student, rng):
    for queries, keys, d in ((1, 1, 1), (70, 131, 7), (129, 3, 5)):
        case = attention(rng, queries, keys, d)
        *got, c = tiles_backward(student, rng, case)
        case.expect_gradient(got[2], "dv", c, hint=f"dv = p.T @ do. {LSE}")
        case.expect_gradient(got[0], "dq", c, hint="dq = scale * ds @ k, ds = p * (do @ v.T - delta).")
        case.expect_gradient(got[1], "dk", c, hint="dk = scale * ds.T @ q, ds = p * (do @ v.T - delta).")


@pytest.mark.task("02.24")
def test_flash_tiles_work(student, rng):
    length, d = 512, 16
    case = attention(rng, length, length, d, batch=1, causal=True)
    backward, _ = backward_operands(rng, case)
    # The results have length * d elements and a tile of scores 64 * 64. Twice the larger one is room enough, and
    # half of what 64 rows of scores for all keys take.
    room = 2 * max(length * d, 64 * 64)
    # Of 8 x 8 tiles of scores 36 have something to show, 0.56 of them.
    for name, args, products in (("_forward", case.operands, 2), ("_backward", backward, 5)):
        counted = probe(student, "work", f"flash_tiles.py:{name}", *args)
        hint = (
            "Only tiles of scores, 64 x 64 for each batch: not a whole row of them, and not the whole matrix."
        )
        expect_at_most(counted, "elements", room, f"{name}: elements of the largest tensor", hint=hint)
        flop = 0.6 * 2 * products * length * length * d
        expect_at_most(counted, "flop", flop, f"{name}: FLOP of its products when causal", hint=SKIP)


@pytest.mark.hidden
@pytest.mark.task("02.24")
def test_flash_tiles_large_scores(student, rng):
    hint = "No exp of a score itself, only of what is at most 0: a score minus the maximum of its row."
    for shift in (300.0, -300.0):
        case = attention(rng, 20, 50, 4)
        case.q[..., 0], case.k[..., 0] = 2.0, shift
        o, lse = student.call("flash_tiles.py:_forward", *case.operands)
        case.expect_o(o, hint=hint)
        case.expect_lse(lse, hint=hint)


def forward(student, case, order="forward"):
    return run(student, "flash_forward", *case.operands, order=order)


@pytest.mark.task("02.25")
def test_flash_forward_values(student, rng):
    hint = (
        f"{RESCALE} Loads and stores beyond queries, keys and D need a mask; keys beyond the last score -inf."
    )
    small = attention(rng, 37, 41, 20)
    for order in orders(rng):
        small.expect_o(forward(student, small, order)[0], hint=hint)
    for queries, keys, d in ((1, 1, 1), (5, 67, 16)):
        case = attention(rng, queries, keys, d, batch=1)
        case.expect_o(forward(student, case)[0], hint=hint)


@pytest.mark.task("02.25")
def test_flash_forward_lse(student, rng):
    hint = "lse = (m + log2(total)) * log(2) when m and total are to base 2: float32, (batch, queries)."
    case = attention(rng, 32, 48, 16)
    case.expect_lse(forward(student, case)[1], hint=hint)
    case = attention(rng, 32, 16, 16, batch=1)
    case.q[..., 0], case.k[..., 0] = 4.0, 300.0
    hint = "No exp of a score itself, only of what is at most 0: a score minus the maximum of its row."
    o, lse = forward(student, case)
    case.expect_lse(lse, hint=hint)
    case.expect_o(o, hint=hint)


@pytest.mark.task("02.25")
def test_flash_forward_causal(student, rng):
    for queries, keys in ((64, 64), (96, 32), (32, 96)):
        case = attention(rng, queries, keys, 16, batch=1, causal=True, falling=True)
        case.expect_o(forward(student, case)[0], hint=MASK)


@pytest.mark.task("02.25")
def test_flash_forward_causal_skips(student, rng):
    # 4 tiles of 32 queries visit 2, 4, 6 and 8 of 8 tiles of 16 keys, 20 of 32 tiles of scores: 0.63.
    whole = attention(rng, 128, 128, 16, batch=1)
    read = [
        probe(student, "traffic", "flash_forward", whole.q, whole.k, whole.v, causal)
        for causal in (False, True)
    ]
    if read[0]:
        limit = 0.75 * read[0]["read"]
        expect_at_most(read[1], "read", limit, "causal: bytes read, where all tiles need them", hint=SKIP)


@pytest.mark.hidden
@pytest.mark.task("02.25")
def test_flash_forward_half(student, rng):
    for dtype in (torch.float16, torch.bfloat16):
        case = attention(rng, 32, 48, 16, batch=1, dtype=dtype, falling=True)
        case.expect_o(forward(student, case)[0], hint=f"{dtype}: p goes into the product as v's dtype.")
    # Every score is 0 and every p is 1. Every key has the same v, so o is that v, with hardly an error.
    case = attention(rng, 32, 512, 16, batch=1, dtype=torch.float16)
    case.q.zero_()
    case.v.copy_((1 + torch.from_numpy(rng.random(16))).half().expand_as(case.v))
    hint = "The sum has hundreds of terms: keep total and acc in float32, and round once, at the end."
    expect_tensor(forward(student, case)[0], case.o, torch.float16, atol=1e-5, hint=hint)


def check_backward(student, rng, case, *names, hint, order="forward", no_o=False):
    operands, c = backward_operands(rng, case, no_o=no_o)
    got = run(student, "flash_backward", *operands, order=order)
    for name, each in zip(("dq", "dk", "dv"), got, strict=True):
        if name in names:
            case.expect_gradient(each, name, c, hint=hint, no_o=no_o)


def check_one_gradient(student, rng, name, hint):
    small = attention(rng, 37, 41, 20, batch=1)
    for order in orders(rng):
        check_backward(student, rng, small, name, hint=hint, order=order)
    check_backward(student, rng, attention(rng, 5, 19, 4, batch=3), name, hint=hint)


@pytest.mark.task("02.26")
def test_flash_backward_dq(student, rng):
    hint = f"dq = scale * ds @ k, summed over all tiles of keys; ds = p * (do @ v.T - delta). {LSE}"
    check_one_gradient(student, rng, "dq", hint)


@pytest.mark.task("02.26")
def test_flash_backward_dk(student, rng):
    hint = f"dk = scale * ds.T @ q, summed over all tiles of queries; ds = p * (do @ v.T - delta). {LSE}"
    check_one_gradient(student, rng, "dk", hint)


@pytest.mark.task("02.26")
def test_flash_backward_dv(student, rng):
    check_one_gradient(student, rng, "dv", f"dv = p.T @ do, summed over all tiles of queries. {LSE}")


# The last two look at masks. With o = 0 they need no delta and with d = 1 no scale, which have checks of their own.


@pytest.mark.task("02.26")
def test_flash_backward_causal(student, rng):
    hint = f"p is 0 where the mask hides a key. {MASK}"
    for queries, keys in ((64, 64), (64, 32), (32, 80)):
        case = attention(rng, queries, keys, 1, batch=1, causal=True)
        check_backward(student, rng, case, "dq", "dk", hint=hint, no_o=True)
    read = []
    for causal in (False, True):
        operands, _ = backward_operands(rng, attention(rng, 128, 128, 16, batch=1, causal=causal))
        read.append(probe(student, "traffic", "flash_backward", *operands))
    if read[0]:  # two kernels, each of which visits 20 of 32 tiles of scores
        limit = 0.75 * read[0]["read"]
        expect_at_most(read[1], "read", limit, "causal: bytes read, where all tiles need them", hint=SKIP)


@pytest.mark.hidden
@pytest.mark.task("02.26")
def test_flash_backward_far_below(student, rng):
    hint = (
        "Every score of a row is near -300, so exp(-lse) is infinite, and that is what a key that does not "
        "exist gets for its score of 0: give it p = 0 where it would be used, because 0 * infinity is NaN."
    )
    case = attention(rng, 20, 21, 1, batch=1)
    case.q.mul_(0.1).add_(1)
    case.k.sub_(300)
    check_backward(student, rng, case, "dq", "dk", hint=hint, no_o=True)
    case = attention(rng, 32, 32, 1, batch=1, dtype=torch.bfloat16)
    hint = "bfloat16: p and ds go into the products as q's dtype, and all sums are float32."
    check_backward(student, rng, case, "dq", "dk", hint=hint, no_o=True)
