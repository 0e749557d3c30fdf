"""Tasks 02.24 to 02.26: FlashAttention-2 in plain torch, and in Triton forward and backward."""

from __future__ import annotations

import pytest
import torch
from attention_oracle import attention, backward_operands, counted, expect_at_most, same_values
from front import look
from replays import orders, run
from tl_oracle import expect_tensor

RESCALE = (
    "If a tile raises the maximum of a row, multiply the sums so far, total and acc, by "
    "exp(old maximum - new maximum). At the end divide acc by total."
)
MASK = "Query i sees key j if j <= i, both counted from their own first row; all queries see key 0."
SKIP = "Skip tiles of keys that start behind the last query of the tile: no query sees them."
LSE = "Compute p = exp(s - lse) with the given lse, to base e; you need no row's maximum or sum again."


PAIR, THREE = (object,) * 2, (object,) * 3  # (o, lse) and (dq, dk, dv): expect_tensor looks at each of them


def tiles_backward(student, rng, case):
    """Return (dq, dk, dv, c) of the student's tile loop."""
    operands, c = backward_operands(rng, case)
    return *run(student, "flash_tiles.py:_backward", *operands, gives=THREE), c


@pytest.mark.task("02.24")
def test_flash_tiles_values(student, rng):
    for queries, keys, d in ((1, 1, 1), (70, 131, 7), (64, 200, 16), (129, 3, 5)):
        case = attention(rng, queries, keys, d)
        o, lse = run(student, "flash_tiles.py:_forward", *case.operands, gives=PAIR)
        case.expect_o(o, hint=RESCALE)
        case.expect_lse(lse, hint="Return lse = m + log(total), the natural logarithm, as (batch, queries).")


@pytest.mark.task("02.24")
def test_flash_tiles_causal(student, rng):
    for queries, keys in ((60, 60), (150, 150), (150, 70), (70, 150)):
        case = attention(rng, queries, keys, 8, causal=True, falling=True)
        case.expect_o(run(student, "flash_tiles.py:_forward", *case.operands, gives=PAIR)[0], hint=MASK)
        _, _, dv, c = tiles_backward(student, rng, case)
        case.expect_gradient(dv, "dv", c, hint=f"For dv, set p to 0 if the mask hides the key. {MASK}")


@pytest.mark.task("02.24")
def test_flash_tiles_gradients(student, rng):
    for queries, keys, d in ((1, 1, 1), (70, 131, 7), (129, 3, 5)):
        case = attention(rng, queries, keys, d)
        *got, c = tiles_backward(student, rng, case)
        case.expect_gradient(got[2], "dv", c, hint=f"Compute dv = p.T @ do. {LSE}")
        case.expect_gradient(
            got[0], "dq", c, hint="Compute dq = scale * ds @ k, with ds = p * (do @ v.T - delta)."
        )
        case.expect_gradient(
            got[1], "dk", c, hint="Compute dk = scale * ds.T @ q, with ds = p * (do @ v.T - delta)."
        )


@pytest.mark.task("02.24")
def test_flash_tiles_work(student, rng):
    length, d = 512, 16
    case = same_values(attention(rng, length, length, d, batch=1, causal=True))
    case.do[:, :-1] = 0  # only the last query, which sees all keys
    backward, c = backward_operands(rng, case)
    # The results have length * d elements and a tile of scores 64 * 64. Twice the larger one is enough, and
    # half of 64 rows of scores for all keys.
    room = 2 * max(length * d, 64 * 64)
    # Of 8 x 8 tiles of scores 36 are visible, 0.56 of them.
    for name, args, products in (("_forward", case.operands, 2), ("_backward", backward, 5)):
        form = PAIR if name == "_forward" else THREE
        got, found = counted(student, "work", f"flash_tiles.py:{name}", *args, gives=form)
        if name == "_forward":
            case.expect_o(got[0], hint="All keys have the same value: o is this value.")
        else:
            loose = torch.full((1, length, 1), 1e-6, dtype=torch.float64)
            loose[:, -1] = 1.0  # a mask of another kind loses test_flash_tiles_causal
            want = case.gradients[2] / c
            expect_tensor(got[2], want, torch.float32, atol=loose, hint="Compute dv = p.T @ do.")
        hint = "Compute tiles of scores, 64 x 64 for each batch, not a whole row of tiles and not the whole matrix."
        expect_at_most(found, "elements", room, f"{name}: elements of the largest tensor", hint=hint)
        flop = 0.6 * 2 * products * length * length * d
        expect_at_most(found, "flop", flop, f"{name}: FLOP of its products if causal", hint=SKIP)


@pytest.mark.hidden
@pytest.mark.task("02.24")
def test_flash_tiles_large_scores(student, rng):
    hint = "Never take exp of a score itself; subtract the maximum of its row first, so that it is at most 0."
    for shift in (300.0, -300.0):
        case = attention(rng, 20, 50, 4)
        case.q[..., 0], case.k[..., 0] = 2.0, shift
        o, lse = run(student, "flash_tiles.py:_forward", *case.operands, gives=PAIR)
        case.expect_o(o, hint=hint)
        case.expect_lse(lse, hint=hint)


def forward(student, case, order="forward"):
    return run(student, "flash_forward", *case.operands, order=order, gives=PAIR)


@pytest.mark.task("02.25")
def test_flash_forward_values(student, rng):
    hint = (
        f"{RESCALE} Mask loads and stores beyond queries, keys and D; set the scores of missing keys to -inf."
    )
    small = attention(rng, 37, 41, 20)
    causal = attention(rng, 37, 41, 20, causal=True)
    look(student, "triton", *(("flash_forward", *case.operands) for case in (small, causal)))
    for order in orders(rng):
        small.expect_o(forward(student, small, order)[0], hint=hint)
    for queries, keys, d in ((1, 1, 1), (5, 67, 16)):
        case = attention(rng, queries, keys, d, batch=1)
        case.expect_o(forward(student, case)[0], hint=hint)


@pytest.mark.task("02.25")
def test_flash_forward_lse(student, rng):
    hint = "If m and total are to base 2, lse = (m + log2(total)) * log(2): float32, (batch, queries)."
    case = attention(rng, 32, 48, 16)
    case.expect_lse(forward(student, case)[1], hint=hint)
    case = attention(rng, 32, 16, 16, batch=1)
    case.q[..., 0], case.k[..., 0] = 4.0, 300.0
    hint = "Never take exp of a score itself; subtract the maximum of its row first, so that it is at most 0."
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
    whole = same_values(attention(rng, 128, 128, 16, batch=1))
    read = []
    for causal in (False, True):
        got, found = counted(student, "traffic", "flash_forward", *whole.operands[:3], causal, gives=PAIR)
        whole.expect_o(got[0], hint="All keys have the same value: o is this value.")
        read.append(found)
    if read[0].get("read"):
        limit = 3 * read[0]["read"] // 4
        expect_at_most(
            read[1], "read", limit, f"causal: bytes read, of {read[0]['read']:,} without a mask", hint=SKIP
        )


@pytest.mark.hidden
@pytest.mark.task("02.25")
def test_flash_forward_half(student, rng):
    for dtype in (torch.float16, torch.bfloat16):
        case = attention(rng, 32, 48, 16, batch=1, dtype=dtype, falling=True)
        case.expect_o(forward(student, case)[0], hint=f"{dtype}: convert p to v's dtype for the product.")
    # Every score is 0 and every p is 1. Every key has the same v, so o is that v, with hardly an error.
    case = attention(rng, 32, 512, 16, batch=1, dtype=torch.float16)
    case.q.zero_()
    case.v.copy_((1 + torch.from_numpy(rng.random(16))).half().expand_as(case.v))
    hint = "The sum has hundreds of terms: keep total and acc in float32, and round once, at the end."
    expect_tensor(forward(student, case)[0], case.o, torch.float16, atol=1e-5, hint=hint)


def check_backward(student, rng, case, *names, hint, order="forward", no_o=False):
    operands, c = backward_operands(rng, case, no_o=no_o)
    got = run(student, "flash_backward", *operands, order=order, gives=THREE)
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
    hint = f"Add dq = scale * ds @ k over all tiles of keys, with ds = p * (do @ v.T - delta). {LSE}"
    for causal in (False, True):
        operands, _ = backward_operands(rng, attention(rng, 37, 41, 20, batch=1, causal=causal))
        look(student, "triton", ("flash_backward", *operands))
    check_one_gradient(student, rng, "dq", hint)


@pytest.mark.task("02.26")
def test_flash_backward_dk(student, rng):
    hint = f"Add dk = scale * ds.T @ q over all tiles of queries, with ds = p * (do @ v.T - delta). {LSE}"
    check_one_gradient(student, rng, "dk", hint)


@pytest.mark.task("02.26")
def test_flash_backward_dv(student, rng):
    check_one_gradient(student, rng, "dv", f"Add dv = p.T @ do over all tiles of queries. {LSE}")


# The last two test masks. With o = 0 they need no delta and with d = 1 no scale, which have checks of their own.


@pytest.mark.task("02.26")
def test_flash_backward_causal(student, rng):
    hint = f"Set p to 0 if the mask hides the key. {MASK}"
    for queries, keys in ((64, 64), (64, 32), (32, 80)):
        case = attention(rng, queries, keys, 1, batch=1, causal=True)
        check_backward(student, rng, case, "dq", "dk", hint=hint, no_o=True)
    read = []
    for causal in (False, True):
        operands, _ = backward_operands(rng, attention(rng, 128, 128, 16, batch=1, causal=causal))
        read.append(counted(student, "traffic", "flash_backward", *operands, gives=THREE)[1])
    if read[0].get("read"):  # two kernels, each of which visits 20 of 32 tiles of scores
        limit = 3 * read[0]["read"] // 4
        expect_at_most(
            read[1], "read", limit, f"causal: bytes read, of {read[0]['read']:,} without a mask", hint=SKIP
        )


@pytest.mark.hidden
@pytest.mark.task("02.26")
def test_flash_backward_far_below(student, rng):
    hint = (
        "Every score of a row is near -300, so exp(-lse) is infinite, and a missing key, whose score is 0, gets this "
        "as its p: set p to 0 for missing keys, because 0 * infinity is NaN."
    )
    case = attention(rng, 20, 21, 1, batch=1)
    case.q.mul_(0.1).add_(1)
    case.k.sub_(300)
    check_backward(student, rng, case, "dq", "dk", hint=hint, no_o=True)
    case = attention(rng, 32, 32, 1, batch=1, dtype=torch.bfloat16)
    hint = "bfloat16: convert p and ds to q's dtype for the products, and keep all sums in float32."
    check_backward(student, rng, case, "dq", "dk", hint=hint, no_o=True)
