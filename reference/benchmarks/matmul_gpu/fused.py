"""The fused kernels of unit 02 beside torch's on a GPU: softmax, layer norm and attention."""

from __future__ import annotations

import math

import torch
from torch.nn.functional import layer_norm as torch_layer_norm
from torch.nn.functional import scaled_dot_product_attention

from reference.benchmarks.matmul_gpu.contest import DIGITS, Call, Contest, random, short
from reference.matmul_gpu.flash_backward import flash_backward
from reference.matmul_gpu.flash_forward import flash_forward
from reference.matmul_gpu.norm import layer_norm
from reference.matmul_gpu.softmax import LONGEST, fused_softmax

TOKENS, WIDTH = (
    16384,
    2048,
)  # batch x length and heads x head of every attention (FlashAttention-2, section 4.1)
LEAST_BANDWIDTH, LEAST_FLASH = 0.9, 0.8
Tensors = tuple[torch.Tensor, ...]
Three = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def softmax(rows: int, columns: int, bandwidth: float) -> Contest:
    """Compare ours with torch's along the rows of a float32 matrix. The work is one read and one write.

    Rows that are longer than one program holds are read twice, so they have no target.
    """
    x = random(rows, columns)
    calls: dict[str, Call] = {"torch": lambda: torch.softmax(x, -1), "ours": lambda: fused_softmax(x)}
    name, nbytes = f"softmax/{rows}x{columns}", 8 * rows * columns
    shares, limits = ({"ours": LEAST_BANDWIDTH} if columns <= LONGEST else {}), _limits(bandwidth)
    return Contest(
        name, calls, lambda: torch.softmax(x.double(), -1), nbytes, "GB/s", limits=limits, shares=shares
    )


def normalised(rows: int, columns: int, bandwidth: float) -> Contest:
    """Compare layer normalisation in float32, which reads its matrix once and writes one."""
    x, weight, bias = _operands(rows, columns)
    calls: dict[str, Call] = {
        "torch": lambda: torch_layer_norm(x, (columns,), weight, bias),
        "ours": lambda: layer_norm(x, weight, bias),
    }
    name, nbytes = f"layer_norm/{rows}x{columns}", 8 * rows * columns
    exact = lambda: torch_layer_norm(x.double(), (columns,), weight.double(), bias.double())  # noqa: E731
    return Contest(name, calls, exact, nbytes, "GB/s", limits=_limits(bandwidth))


def normalised_backward(rows: int, columns: int, bandwidth: float) -> Contest:
    """Compare the gradients of x, weight and bias: reads x and the result's gradient, writes x's gradient."""
    inputs = x, weight, bias = _operands(rows, columns)
    for each in inputs:
        each.requires_grad_()
    dy = random(rows, columns)
    theirs, ours = torch_layer_norm(x, (columns,), weight, bias), layer_norm(x, weight, bias)
    calls: dict[str, Call] = {
        "torch": lambda: torch.autograd.grad(theirs, inputs, dy, retain_graph=True),
        "ours": lambda: torch.autograd.grad(ours, inputs, dy, retain_graph=True),
    }

    def exact() -> Tensors:
        x, weight, bias = wide = [each.detach().double().requires_grad_() for each in inputs]
        return torch.autograd.grad(torch_layer_norm(x, (columns,), weight, bias), wide, dy.double())

    name, nbytes = f"layer_norm_backward/{rows}x{columns}", 12 * rows * columns
    return Contest(name, calls, exact, nbytes, "GB/s", limits=_limits(bandwidth))


def attention(
    length: int, head: int, causal: bool, dtype: torch.dtype, *, tokens: int = TOKENS, width: int = WIDTH
) -> Contest:
    """Compare our forward pass with torch's flash backend: 4 length^2 head FLOP per head, half if causal."""
    q, k, v = (_heads(length, head, dtype, tokens, width) for _ in range(3))
    calls: dict[str, Call] = {
        "flash": lambda: _flash(q, k, v, causal),
        "ours": lambda: flash_forward(q, k, v, causal)[0],
    }

    def exact() -> torch.Tensor:
        return _attend(q[:1].double(), k[:1].double(), v[:1].double(), causal)

    return Contest(
        _title("attention", length, head, causal, dtype),
        calls,
        exact,
        2 * _scores(q, causal) * 2 * head,
        most_error=DIGITS[short(dtype)],
        part=lambda result: result[:1],
        ratios={"ours": LEAST_FLASH} if length == 4096 else {},
    )


def attention_backward(
    length: int, head: int, causal: bool, dtype: torch.dtype, *, tokens: int = TOKENS, width: int = WIDTH
) -> Contest:
    """Compare our gradients of q, k and v with torch's: five products with the scores; forward has two."""
    q, k, v, do = (_heads(length, head, dtype, tokens, width) for _ in range(4))
    o, lse = flash_forward(q, k, v, causal)
    leaves = [each.detach().requires_grad_() for each in (q, k, v)]
    made: list[torch.Tensor] = []  # torch's graph, made by the first call: its backend may not exist here

    def flash() -> Tensors:
        if not made:
            made.append(_flash(*leaves, causal=causal))
        return torch.autograd.grad(made[0], leaves, do, retain_graph=True)

    def exact() -> Tensors:
        wide = [each[:1].double().requires_grad_() for each in (q, k, v)]
        return torch.autograd.grad(_attend(*wide, causal=causal), wide, do[:1].double())

    calls: dict[str, Call] = {"flash": flash, "ours": lambda: flash_backward(q, k, v, o, lse, do, causal)}
    return Contest(
        _title("attention_backward", length, head, causal, dtype),
        calls,
        exact,
        2 * _scores(q, causal) * 5 * head,
        most_error=2
        * DIGITS[short(dtype)],  # the probabilities are rounded, and the gradient of the scores too
        part=lambda result: [each[:1] for each in result],
    )


def _operands(rows: int, columns: int) -> Three:
    return random(rows, columns), random(columns), random(columns)


def _limits(bandwidth: float) -> dict[str, tuple[float, str]]:
    return dict.fromkeys(("torch", "ours"), (bandwidth, "measured bandwidth"))


def _heads(length: int, head: int, dtype: torch.dtype, tokens: int, width: int) -> torch.Tensor:
    """Return (batch x heads, length, head), with the same number of tokens and width for every length and head."""
    return random(max(1, tokens // length) * max(1, width // head), length, head, dtype=dtype)


def _scores(q: torch.Tensor, causal: bool) -> float:
    """Return the number of scores. A causal mask hides half of them."""
    return q.shape[0] * q.shape[1] ** 2 * (0.5 if causal else 1)


def _title(kind: str, length: int, head: int, causal: bool, dtype: torch.dtype) -> str:
    return f"{kind}_{short(dtype)}/{'causal' if causal else 'full'}/head={head}/length={length}"


def _flash(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool) -> torch.Tensor:
    """Run torch's flash backend, with all heads in one batch. Raises RuntimeError if torch does not have it."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        return scaled_dot_product_attention(q[None], k[None], v[None], is_causal=causal)[0]


def _attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool) -> torch.Tensor:
    """Compute attention by its definition."""
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if causal:
        hidden = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu(1)
        scores = scores.masked_fill(hidden, -math.inf)
    return torch.softmax(scores, -1) @ v
