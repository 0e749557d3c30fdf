"""The products of unit 02 on a GPU: every rung and Triton's kernels, beside cuBLAS."""

from __future__ import annotations

import torch

from reference.benchmarks.matmul_gpu.contest import DIGITS, Call, Contest, random, short
from reference.matmul_gpu.direct import coalesced, naive
from reference.matmul_gpu.registers import register_tiled
from reference.matmul_gpu.tiled import shared_tiled
from reference.matmul_gpu.tl_matmul import triton_matmul
from reference.matmul_gpu.wide import vectorized

RUNGS = {  # rung -> (function, the largest n at which it is timed): the slow ones would take seconds a call
    "naive": (naive, 2048),
    "coalesced": (coalesced, 4096),
    "shared_tiled": (shared_tiled, 8192),
    "register_tiled": (register_tiled, 8192),
    "vectorized": (vectorized, 8192),
}
LEAST_VECTORIZED, LEAST_BF16, LEAST_PERSISTENT = 0.85, 0.95, 1.0  # of cuBLAS


def ladder(n: int, peak: float) -> Contest:
    """Compare every rung with cuBLAS in float32, with TF32 off and on, and Triton's: two n x n matrices.

    peak: FLOP/s of multiply-adds without tensor cores; the rungs report their share of it.
    """
    a, b = random(n, n), random(n, n)
    calls: dict[str, Call] = {
        "cublas": lambda: _cublas(a, b, "highest"),
        "cublas_tf32": lambda: _cublas(a, b, "high"),
        "triton": lambda: triton_matmul(a, b),
        "triton_tf32": lambda: triton_matmul(a, b, precision="tf32"),
    }
    loose = {name: DIGITS["tf32"] for name in calls if name.endswith("tf32")}
    for name, (function, largest) in RUNGS.items():
        if n <= largest:
            calls[name] = lambda f=function: f(a, b)
    return Contest(
        f"float32/n={n}",
        calls,
        lambda: a.double() @ b.double(),
        2 * n**3,
        loose=loose,
        ratios={"vectorized": LEAST_VECTORIZED} if n == 4096 else {},
        limits={name: (peak, "fp32 peak") for name in calls if name not in loose},
    )


def halves(n: int, dtype: torch.dtype, peak: float) -> Contest:
    """Compare Triton's product with cuBLAS in half precision: as it chooses, one program per tile, and per SM.

    peak: FLOP/s of the tensor cores, as cuBLAS reached them in a large product.
    """
    a, b = random(n, n, dtype=dtype), random(n, n, dtype=dtype)
    calls: dict[str, Call] = {
        "cublas": lambda: a @ b,
        "triton": lambda: triton_matmul(a, b),
        "tiles": lambda: triton_matmul(a, b, persistent=False),
        "persistent": lambda: triton_matmul(a, b, persistent=True),
    }
    wanted: dict[str, float] = {}
    if dtype == torch.bfloat16 and n in (4096, 8192):
        wanted["triton"] = LEAST_BF16
    if dtype == torch.bfloat16 and n == 8192:
        wanted["persistent"] = LEAST_PERSISTENT
    return Contest(
        f"{short(dtype)}/n={n}",
        calls,
        lambda: a.double() @ b.double(),
        2 * n**3,
        most_error=DIGITS[short(dtype)],
        ratios=wanted,
        limits=dict.fromkeys(calls, (peak, "tensor peak")),
    )


def thin(dtype: torch.dtype, *, m: int = 64, k: int = 65536, n: int = 64, parts: int = 64) -> Contest:
    """Compare a product of few tiles and great depth: one program per tile uses only a few multiprocessors."""
    a, b = random(m, k, dtype=dtype), random(k, n, dtype=dtype)
    calls: dict[str, Call] = {
        "cublas": lambda: a @ b,
        "one_part": lambda: triton_matmul(a, b, persistent=False),
        "split_k": lambda: triton_matmul(a, b, split_k=parts),
    }
    name = f"thin_{short(dtype)}/{m}x{k}x{n}"
    exact, most = (lambda: a.double() @ b.double()), DIGITS[short(dtype)]
    return Contest(name, calls, exact, 2 * m * k * n, most_error=most)


def _cublas(a: torch.Tensor, b: torch.Tensor, precision: str) -> torch.Tensor:
    """Compute the product with TF32 allowed ("high") or not ("highest")."""
    torch.set_float32_matmul_precision(precision)
    return a @ b
