"""The judge's own attention, in float64 with the whole matrix, and the error that a correct answer may have."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import replays
import torch
from tl_oracle import expect_tensor, reals

from autograder.judge.checking import DictOf, Student, expect_form, fail, gamma, roundoff

HARNESS = "attention_harness.py"
COUNTS = DictOf(int)  # the form of the harness's counts


def probe(student: Student, name: str, *args: Any, **kwargs: Any) -> Any:
    """Call a function of the harness for attention, on the student's side."""
    return replays.probe(student, HARNESS, name, *args, **kwargs)


def counted(student: Student, name: str, *args: Any, gives: Any) -> tuple[Any, dict[str, int]]:
    """Return (value, counts) of a function of the harness; fail on the faults of its run.

    gives: the form of the value, as `Student.call` has it.
    """
    answer = probe(student, name, *args, gives=((object, dict), list))
    value, found = replays.unpack(student, answer)
    if not all(type(each) is int for each in found.values()):
        student.protocol_error("an answer of the harness with counts that are no integers")
    return expect_form(value, gives), found


@dataclass(frozen=True)
class Attention:
    """The operands of one attention, their results in float64, and the gradients for `do`."""

    q: torch.Tensor
    k: torch.Tensor
    v: torch.Tensor
    do: torch.Tensor
    causal: bool

    @property
    def operands(self) -> tuple[Any, ...]:
        return self.q, self.k, self.v, self.causal

    @cached_property
    def scores(self) -> torch.Tensor:
        return self.masked(self.q.double() @ self.k.double().mT / math.sqrt(self.q.shape[2]))

    def masked(self, s: torch.Tensor) -> torch.Tensor:
        if not self.causal:
            return s
        queries, keys = s.shape[1:]
        return s.masked_fill(torch.arange(keys) > torch.arange(queries)[:, None], -torch.inf)

    @cached_property
    def p(self) -> torch.Tensor:
        return torch.softmax(self.scores, -1)

    @cached_property
    def o(self) -> torch.Tensor:
        return self.p @ self.v.double()

    @cached_property
    def lse(self) -> torch.Tensor:
        return torch.logsumexp(self.scores, -1)

    @cached_property
    def gradients(self) -> tuple[torch.Tensor, ...]:
        """(dq, dk, dv), by torch's autograd."""
        q, k, v = (x.double().requires_grad_() for x in (self.q, self.k, self.v))
        o = torch.softmax(self.masked(q @ k.mT / math.sqrt(q.shape[2])), -1) @ v
        return torch.autograd.grad(o, (q, k, v), self.do.double())

    @cached_property
    def gradients_of_no_o(self) -> tuple[torch.Tensor, ...]:
        """(dq, dk, dv) for o = 0, which makes delta 0: ds = p * dp."""
        q, k, v, do = (x.double() for x in (self.q, self.k, self.v, self.do))
        ds = self.p * (do @ v.mT) / math.sqrt(q.shape[2])
        return ds @ k, ds.mT @ q, self.p.mT @ do

    @cached_property
    def of_scores(self) -> torch.Tensor:
        """(batch, queries, 1): the largest error of a score: d products, each step rounded, then the scale."""
        sums = self.q.double().abs() @ self.k.double().abs().mT / math.sqrt(self.q.shape[2])
        return 2 * gamma(self.q.shape[2] + 8, torch.float32) * sums.amax(-1, keepdim=True)

    @cached_property
    def of_p(self) -> torch.Tensor:
        """(batch, queries, 1): the largest relative error of a probability: score, exp, a sum, a rounding."""
        low = roundoff(self.q.dtype) if self.q.dtype != torch.float32 else 0.0
        steps = gamma(self.k.shape[1] + self.k.shape[2] + 16, torch.float32)
        sums = steps + 4 * roundoff(torch.float32) * self.lse.abs()[..., None]
        return 2 * (self.of_scores + sums + 2 * low)

    def expect_o(self, got: Any, *, hint: str) -> None:
        atol = self.of_p * (self.p @ self.v.double().abs())
        expect_tensor(got, self.o, self.q.dtype, atol=atol, hint=hint)

    def expect_lse(self, got: Any, *, hint: str) -> None:
        expect_tensor(got, self.lse, torch.float32, atol=self.of_p[..., 0], hint=hint)

    def expect_gradient(
        self, got: Any, which: str, shrunk: float = 1.0, *, hint: str, no_o: bool = False
    ) -> None:
        """Pass if `got` is "dq", "dk" or "dv", divided by `shrunk`, within the rounding of p, ds, delta and o."""
        p, do = self.p, self.do.double().abs()
        of_p = self.of_p * p
        delta = (do * (p @ self.v.double().abs())).sum(-1, keepdim=True)
        ds = 2 * of_p * (do @ self.v.double().abs().mT + delta) / math.sqrt(self.q.shape[2])
        bounds = {
            "dq": ds @ self.k.double().abs(),
            "dk": ds.mT @ self.q.double().abs(),
            "dv": of_p.mT @ do,
        }
        place = list(bounds).index(which)
        want = (self.gradients_of_no_o if no_o else self.gradients)[place] / shrunk
        expect_tensor(got, want, self.q.dtype, atol=bounds[which] / shrunk, hint=hint)


def attention(
    rng: np.random.Generator,
    queries: int,
    keys: int,
    d: int,
    *,
    batch: int = 2,
    causal: bool = False,
    dtype: torch.dtype = torch.float32,
    falling: bool = False,
) -> Attention:
    """Return fresh operands. falling: key 0 has the largest score of every row."""
    q, do = (reals(rng, batch, queries, d, dtype=dtype) for _ in range(2))
    k, v = (reals(rng, batch, keys, d, dtype=dtype) for _ in range(2))
    if falling:
        q[..., 0], k[..., 0], k[:, 0, 0] = 2.0, -3.0, 4 * math.sqrt(d)
    return Attention(q, k, v, do, causal)


def same_values(case: Attention) -> Attention:
    """Return the case with scores of 0 and one value for all keys: o is this value, with any mask and scale."""
    case.q.zero_()
    case.v.copy_(case.v[:, :1].clone().expand_as(case.v))
    return case


def backward_operands(
    rng: np.random.Generator, case: Attention, *, no_o: bool = False
) -> tuple[tuple[Any, ...], float]:
    """Return (q, k, v, o, lse, do, causal), and c: lse is larger by log(c), so every gradient is 1 / c of it.

    exp(s - (lse + log c)) = p / c, and dq, dk, dv are linear in p for a given o, and so delta. no_o: pass 0 for o.
    """
    c = float(rng.uniform(1.5, 3))
    o, lse = case.o.to(case.q.dtype) * (not no_o), (case.lse + math.log(c)).float()
    return (case.q, case.k, case.v, o, lse, case.do, case.causal), c


def expect_at_most(counted: dict[str, int], what: str, limit: float, message: str, *, hint: str) -> None:
    """Fail if more was counted; {} (on a GPU) passes."""
    if counted.get(what, 0) > limit:
        fail(message, got=f"{counted[what]:,}", expected=f"at most {int(limit):,}", hint=hint)
