"""FlashAttention-2 in tiles and in Triton: against torch's attention, by properties, bad input, and as sm_90 code."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import scaled_dot_product_attention

from reference.lab.matmul_gpu.flash_tuning import FLOAT32, FORWARD, KEYS, QUERIES, bucket, fitting
from reference.matmul_gpu import flash_tiles as tiles
from reference.matmul_gpu.flash_backward import (
    _keys_kernel,
    _queries_kernel,
    flash_backward,
    flash_triton,
)
from reference.matmul_gpu.flash_forward import _forward_kernel, flash_forward
from reference.matmul_gpu.flash_tiles import flash_tiles
from reference.shared import gpu
from reference.shared.gpu.compile import KernelSpec, compile_kernels
from reference.shared.simulators.triton_watch import watch_triton
from reference.tests.effort import tries

backend = gpu.select()

LENGTHS = st.integers(1, 70)


def operands(queries: int, keys: int, d: int, *, batch: int = 1, dtype: Any = torch.float32) -> list[Any]:
    """q, k, v and the gradient of o."""
    lengths = (queries, keys, keys, queries)
    return [torch.randn(batch, length, d, device=backend.device).to(dtype) for length in lengths]


def peer(case: list[Any], causal: bool) -> list[torch.Tensor]:
    """o, dq, dk, dv of torch's own attention in float64."""
    q, k, v = (x.double().requires_grad_() for x in case[:3])
    o = scaled_dot_product_attention(q, k, v, is_causal=causal)
    return [o.detach(), *torch.autograd.grad(o, (q, k, v), case[3].double())]


def own(attention: Any, case: list[Any], causal: bool) -> list[torch.Tensor]:
    q, k, v = (x.clone().requires_grad_() for x in case[:3])
    o = attention(q, k, v, causal)
    return [o.detach(), *torch.autograd.grad(o, (q, k, v), case[3])]


@given(LENGTHS, LENGTHS, st.integers(1, 9), st.booleans(), st.integers(5, 80), st.integers(5, 80))
@tries(15)
def test_tiles_of_any_size_give_torchs_attention(queries, keys, d, causal, height, width):
    case = operands(queries, keys, d, batch=2, dtype=torch.float64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles, "QUERIES", height)
        patch.setattr(tiles, "KEYS", width)
        torch.testing.assert_close(own(flash_tiles, case, causal), peer(case, causal), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("causal", [False, True])
def test_gradients_of_tiles_are_those_of_the_values(causal, monkeypatch):
    monkeypatch.setattr(tiles, "QUERIES", 4)
    monkeypatch.setattr(tiles, "KEYS", 3)
    q, k, v, _ = (x.requires_grad_() for x in operands(7, 8, 3, dtype=torch.float64))
    assert torch.autograd.gradcheck(flash_tiles, (q, k, v, causal))


@given(LENGTHS, LENGTHS, st.sampled_from([1, 16, 21]), st.booleans())
@tries(8)
def test_triton_gives_torchs_attention(queries, keys, d, causal):
    case = operands(queries, keys, d)
    torch.testing.assert_close(
        [x.double() for x in own(flash_triton, case, causal)], peer(case, causal), rtol=1e-4, atol=2e-5
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_triton_in_half_precision(dtype):
    case = operands(33, 40, 16, batch=2, dtype=dtype)
    got = own(flash_triton, case, True)
    assert all(x.dtype == dtype for x in got)
    room = 8 * torch.finfo(dtype).eps
    torch.testing.assert_close([x.double() for x in got], peer(case, True), rtol=room, atol=room)


@pytest.mark.skipif(backend.has_gpu, reason="on a GPU nobody chooses the order of the programs")
@pytest.mark.parametrize("causal", [False, True])
def test_programs_in_any_order(causal):
    case = operands(40, 34, 16)
    answers = []
    for order in ("forward", "backward", 7):
        with watch_triton(order) as log:
            answers.append(own(flash_triton, case, causal))
        assert log.faults() == []
    assert all(torch.equal(a, b) for other in answers[1:] for a, b in zip(answers[0], other, strict=True))


@pytest.mark.parametrize("attention", [flash_tiles, flash_triton])
def test_the_order_of_keys_does_not_matter(attention):
    q, k, v, _ = operands(20, 50, 16)
    order = torch.randperm(50, device=backend.device)
    torch.testing.assert_close(attention(q, k[:, order].clone(), v[:, order].clone()), attention(q, k, v))


@pytest.mark.parametrize("attention", [flash_tiles, flash_triton])
def test_the_first_query_of_causal_attention_sees_the_first_key_alone(attention):
    q, k, v, _ = operands(40, 33, 8)
    o = attention(q, k, v, True)
    torch.testing.assert_close(o[:, 0], v[:, 0])
    later = v.clone()
    later[:, 20:] = 1e3
    torch.testing.assert_close(attention(q, k, later, True)[:, :20], o[:, :20])


def test_scores_of_any_size():
    for shift in (-2000.0, 2000.0):
        q, k, v, do = operands(20, 21, 16)
        q[..., 0], k[..., 0] = 1.0, shift
        o, lse = flash_forward(q, k, v)
        scores = q.double() @ k.double().mT / 4
        torch.testing.assert_close(lse.double(), torch.logsumexp(scores, -1), rtol=1e-5, atol=0)
        # A score of 500 has an error of 3e-5 in float32, and so has each probability.
        torch.testing.assert_close(o.double(), torch.softmax(scores, -1) @ v.double(), rtol=1e-3, atol=1e-3)
        assert all(x.isfinite().all() for x in flash_backward(q, k, v, o, lse, do))


def test_backward_uses_the_lse_that_it_is_given():
    q, k, v, do = operands(20, 40, 16)
    o, lse = flash_forward(q, k, v)
    once, half = flash_backward(q, k, v, o, lse, do), flash_backward(q, k, v, o, lse + math.log(2), do)
    torch.testing.assert_close([2 * x for x in half], list(once), rtol=1e-4, atol=1e-5)


def test_a_gradient_with_strides_of_0():
    q, k, v, _ = operands(5, 6, 4)
    v.requires_grad_()
    flash_triton(q, k, v).sum().backward()
    torch.testing.assert_close(v.grad.sum(1), torch.full((1, 4), 5.0, device=backend.device))


BAD: list[tuple[type[Exception], str, Any]] = [
    (TypeError, "causal: expected True or False, got 1", lambda q, k, v: (q, k, v, 1)),
    (TypeError, "expected a torch tensor, got list", lambda q, k, v: (q.tolist(), k, v, False)),
    (TypeError, "got int32", lambda q, k, v: (q.int(), k.int(), v.int(), False)),
    (TypeError, "expected one dtype for all tensors", lambda q, k, v: (q, k.half(), v, False)),
    (ValueError, "expected 3 dimensions", lambda q, k, v: (q[0], k, v, False)),
    (ValueError, "k: expected shape", lambda q, k, v: (q, k[..., :2].clone(), v, False)),
    (ValueError, "k: expected shape", lambda q, k, v: (q.expand(2, -1, -1), k, v, False)),
    (ValueError, "v: expected shape .*, as k has", lambda q, k, v: (q, k, v[:, :2].clone(), False)),
    (ValueError, "k: expected sizes of at least 1", lambda q, k, v: (q, k[:, :0], v[:, :0], False)),
    (ValueError, r"try q.contiguous\(\)", lambda q, k, v: (q.mT.contiguous().mT, k, v, False)),
    (ValueError, "at most 128", lambda *all_: (*(x.repeat(1, 1, 40) for x in all_), False)),
]


@pytest.mark.parametrize("attention", [flash_tiles, flash_forward, flash_triton])
@pytest.mark.parametrize(("kind", "message", "change"), BAD, ids=[message for _, message, _ in BAD])
def test_bad_input_is_refused(attention, kind, message, change):
    q, k, v, _ = operands(5, 6, 4)
    with pytest.raises(kind, match=message):
        attention(*change(q, k, v))


def test_backward_refuses_what_does_not_fit():
    q, k, v, do = operands(5, 6, 4)
    o, lse = flash_forward(q, k, v)
    for kind, message, args in (
        (TypeError, "lse: expected dtype float32, got float16", (o, lse.half(), do)),
        (ValueError, "lse: expected shape", (o, lse[:, :2].clone(), do)),
        (ValueError, "lse: expected a contiguous tensor", (o, torch.cat([lse, lse], 1)[:, ::2], do)),
        (ValueError, "do: expected shape", (o, lse, do[:, :2].clone())),
        (ValueError, "o: expected shape", (o[:, :2].clone(), lse, do)),
        (ValueError, "do: expected a contiguous tensor", (o, lse, do.sum().expand(do.shape))),
    ):
        with pytest.raises(kind, match=message):
            flash_backward(q, k, v, *args)


def test_flash_autotuner_keeps_what_fits():
    class Config:
        def __init__(self, tile: tuple[int, int, int, int]) -> None:
            self.tile, self.num_warps = tile, tile[2]
            self.kwargs = {"BLOCK_Q": tile[0], "BLOCK_K": tile[1]}

    all_ = [Config(tile) for tile in (*FORWARD, FLOAT32)]
    half, single = torch.zeros(1, dtype=torch.float16), torch.zeros(1)
    assert [c.tile for c in fitting(all_, {"q": single, "BLOCK_D": 128})] == [FLOAT32]
    assert [c.tile for c in fitting(all_, {"q": half, "BLOCK_D": 64})] == list(FORWARD)
    assert (128, 64, 4, 3) not in [c.tile for c in fitting(all_, {"q": half, "BLOCK_D": 128})]
    assert [bucket(n) for n in (1, 2, 3, 1000, 5000)] == [1, 2, 4, 1024, 4096]


def spec(kernel: Any, d: int, tile: tuple[int, int, int, int]) -> KernelSpec:
    names = {
        "q": "",
        "k": "",
        "v": "",
        "o": "",
        "do": "",
        "dq": "",
        "dk": "",
        "dv": "",
        "lse": "",
        "delta": "",
    }
    kinds = {name: "*fp32:16" if name in ("lse", "delta") else "*fp16:16" for name in names}
    kinds |= {"queries": "i32:16", "keys": "i32:16", "length": "i32:16", "scale": "fp32"}
    constants = {"D": d, "BLOCK_D": d, "CAUSAL": True, "BLOCK_Q": tile[0], "BLOCK_K": tile[1]}
    function = kernel
    while not hasattr(function, "__code__"):
        function = function.fn
    taken = function.__code__.co_varnames[: function.__code__.co_argcount]
    signature = {name: kinds[name] for name in taken if name in kinds}
    return KernelSpec(kernel, signature, constants, num_warps=tile[2], num_stages=tile[3])


FIRST = [(_forward_kernel, 64, FORWARD[0]), (_keys_kernel, 128, KEYS[0]), (_queries_kernel, 128, QUERIES[0])]
OTHERS = [(_forward_kernel, 64, tile) for tile in FORWARD[1:]]
OTHERS += [(_forward_kernel, 128, tile) for tile in FORWARD[:2]]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(FIRST, id="one tile", marks=pytest.mark.slow),
        pytest.param(OTHERS, id="other tiles", marks=pytest.mark.exhaustive),
    ],
)
def test_kernels_use_the_tensor_cores_of_hopper_and_spill_nothing(wanted):
    for code in compile_kernels(spec(*each) for each in wanted):
        assert code.has("wgmma"), code.name
        assert code.spilled == 0, (code.name, code.registers, code.spilled)
        assert code.fits(), (code.name, code.shared)
