"""The models of unit 03: fits, predictions, the schedule for a straggler, and the comparison of calls."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.collectives import (
    ALGORITHMS,
    Transfer,
    agree,
    check_schedule,
    cost,
    crossover,
    disagreement,
    fit_alpha_beta,
    predict,
    straggler_schedule,
)
from reference.shared.comm import Communicator, MismatchError, launch
from reference.tests.effort import tries

# The speed-ups over the ring that the authors of arXiv 2505.23523 compute: 3 µs, 450 GiB/s, 1 GiB.
SPEED_UPS = {4: 1.127, 8: 1.363, 16: 1.565, 32: 1.718, 64: 1.826, 128: 1.897, 256: 1.941}


@pytest.mark.parametrize(("p", "speed_up"), SPEED_UPS.items())
def test_speed_up_over_the_ring_is_that_of_the_paper(p: int, speed_up: float):
    model = (2**30, 3e-6, 1 / (450 * 2**30))
    ratio = predict("ring_all_reduce", p, *model) / predict("straggler_all_reduce", p, *model)
    assert ratio == pytest.approx(speed_up, abs=1e-3)


@pytest.mark.parametrize("p", [2**k for k in range(1, 9)])
def test_every_schedule_is_an_all_reduce_with_the_predicted_rounds(p: int):
    rounds = straggler_schedule(p)
    check_schedule(rounds, p)
    assert len(rounds) == cost("straggler_all_reduce", p).messages


def test_the_proof_refuses_every_schedule_with_one_transfer_less():
    rounds = straggler_schedule(8)
    for number, transfers in enumerate(rounds):
        for place in range(len(transfers)):
            less = [list(each) for each in rounds]
            del less[number][place]
            with pytest.raises(ValueError, match=r"lacks|does not have"):
                check_schedule(less, 8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (Transfer(0, 3, 1, True), "does not have this piece"),
        (Transfer(1, 3, 1, False), "expected a complete piece"),
        (Transfer(0, 0, 0, True), "expected two different ranks"),
    ],
)
def test_the_proof_names_the_first_transfer_that_is_not_possible(change: Transfer, message: str):
    rounds = straggler_schedule(4)
    with pytest.raises(ValueError, match=rf"round 0.*{message}"):
        check_schedule([[change], *rounds], 4)


def test_a_contribution_counts_once():
    rounds = straggler_schedule(4)
    with pytest.raises(ValueError, match="expected new values to add"):
        check_schedule([*rounds, [Transfer(0, 3, 0, True)]], 4)
    with pytest.raises(ValueError, match="send once and receive once"):
        check_schedule([[Transfer(0, 3, 0, True), Transfer(1, 3, 1, True)]], 4)


@given(
    p=st.integers(2, 300), nbytes=st.floats(1, 1e10), alpha=st.floats(1e-8, 1e-3), beta=st.floats(1e-12, 1e-6)
)
@tries(60)
def test_predictions_keep_the_laws_of_the_model(p: int, nbytes: float, alpha: float, beta: float):
    model = (nbytes, alpha, beta)
    parts = predict("ring_reduce_scatter", p, *model) + predict("ring_all_gather", p, *model)
    assert predict("ring_all_reduce", p, *model) == pytest.approx(parts)
    for name in ALGORITHMS[:-1]:
        assert (
            predict(name, p, *model)
            >= (alpha + (nbytes * beta if "ring" not in name else 0)) * (p - 1) / p - 1e-9
        )
    same = crossover(p, alpha, beta)
    if math.isfinite(same):
        ring, doubling = (
            predict(name, p, same, alpha, beta) for name in ("ring_all_reduce", "recursive_doubling")
        )
        assert ring == pytest.approx(doubling)


def test_two_ranks_have_no_crossover_and_bad_numbers_are_named():
    assert crossover(2, 1e-6, 1e-9) == math.inf
    for call, message in (
        (lambda: predict("gossip", 4, 8, 1e-6, 1e-9), "expected one of broadcast_tree"),
        (lambda: predict("ring_all_reduce", 0, 8, 1e-6, 1e-9), "expected a number of ranks"),
        (lambda: predict("ring_all_reduce", 2, -8, 1e-6, 1e-9), "expected numbers of at least 0"),
        (lambda: predict("straggler_all_reduce", 6, 8, 1e-6, 1e-9), "expected 2, 4, 8, 16"),
        (lambda: crossover(1, 1e-6, 1e-9), "expected at least 2 ranks"),
        (lambda: crossover(4, 0.0, 1e-9), "expected alpha and beta above 0"),
        (lambda: straggler_schedule(12), "expected 2, 4, 8, 16"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_a_fit_is_exact_without_noise_and_scales_with_the_units():
    nbytes = np.repeat(2.0 ** np.arange(0, 24, 3), 2)
    fit = fit_alpha_beta(nbytes, 2e-6 + 3e-10 * nbytes)
    assert (fit.alpha, fit.beta) == pytest.approx((2e-6, 3e-10))
    slow = fit_alpha_beta(nbytes, 1000 * (2e-6 + 3e-10 * nbytes))
    assert (slow.alpha, slow.beta) == pytest.approx((2e-3, 3e-7))
    for bad in ((nbytes, nbytes[:-1]), (np.ones(4), np.ones(4)), (nbytes, 0 * nbytes), (-nbytes, nbytes)):
        with pytest.raises(ValueError, match="expected"):
            fit_alpha_beta(*bad)


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng, inside, tries = np.random.default_rng(1), 0, 25
    for _ in range(tries):
        nbytes = np.repeat(4.0 ** np.arange(2, 11), 15)
        seconds = (5e-6 + 1e-9 * nbytes) * rng.lognormal(0, 0.1, len(nbytes))
        fit = fit_alpha_beta(nbytes, np.where(rng.random(len(nbytes)) < 0.05, 30 * seconds, seconds))
        inside += fit.alpha_interval[0] <= 5e-6 <= fit.alpha_interval[1]
        inside += fit.beta_interval[0] <= 1e-9 <= fit.beta_interval[1]
    assert inside > 0.8 * 2 * tries


def compared(comm: Communicator) -> list[str]:
    """Texts of three comparisons: equal calls, another dtype on rank 1, another number on rank 2."""
    x = np.zeros((comm.size, 4), np.float32 if comm.rank != 1 else np.float64)
    same = disagreement(comm, "all_reduce", "sum", np.zeros(3), 1)
    kind = disagreement(comm, "all_reduce", "sum", x, 2)
    try:
        agree(comm, "broadcast", "sum", np.zeros(2), 3 + (comm.rank == 2))
    except MismatchError as error:
        return [same, kind, str(error)]
    return [same, kind, "no error"]


@pytest.mark.parametrize("backend", ["torch", "mpi"])
def test_all_ranks_get_the_same_text(backend):
    texts = launch(compared, 3, backend=backend)
    assert texts == [texts[0]] * 3
    same, kind, number = texts[0]
    assert same == ""
    assert (
        "ranks 0, 2: call 2: all_reduce, sum, float32, shape (3, 4); rank 1: call 2: all_reduce, sum, float64"
        in kind
    )
    assert "ranks 0, 1: call 3: broadcast" in number
    assert "rank 2: call 4: broadcast" in number
