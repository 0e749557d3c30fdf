"""Task 00.3: what a training campaign costs, and how much that varies."""

from __future__ import annotations

import numpy as np
import pytest
from forms import call

from autograder.judge.checking import Array, expect_close, expect_equal, fail

# A cycle costs 10^6 times a tweak here and prices do not vary, so that a cost tells both counts apart.
DATA, CYCLE, SERVING, TWEAK = 1000.0, 1e6, 500.0, 1.0
TRIALS = 5000


def simulate(student, seed, trials, *prices, **how):
    """The costs, of which the form is already known to be right."""
    costs = call(student, "simulate_costs", seed, trials, *prices, gives=Array(np.float64, trials), **how)
    if not np.isfinite(costs).all():
        fail("a cost that is no number", got=str(costs[~np.isfinite(costs)][0]), expected="dollars")
    return costs


def expect_within(value, low, high, *, what, hint):
    if not low <= value <= high:
        fail(f"{what} is off", got=f"{value:.4g}", expected=f"{low:.4g} to {high:.4g}", hint=hint)


def counts(student, rng, **how):
    """The numbers of cycles and of tweaks of many campaigns, when every cycle costs the same."""
    seed = int(rng.integers(2**31))
    costs = simulate(student, seed, TRIALS, DATA, CYCLE, SERVING, TWEAK, spread=0.0, **how)
    left = np.rint(costs - DATA - SERVING).astype(np.int64)
    return left // int(CYCLE), left % int(CYCLE)


def expect_even(found, low, high, *, what, hint):
    """Every whole number from low to high, each as often as any other."""
    if found.min() < low or found.max() > high or len(np.unique(found)) < high - low + 1:
        fail(
            f"not every number of {what} from {low} to {high} turns up, or another one does",
            got=f"{found.min()} to {found.max()}, {len(np.unique(found))} different ones",
            expected=f"{low} to {high}, {high - low + 1} different ones, in {TRIALS} trials",
            hint=hint,
        )
    share = TRIALS / (high - low + 1)
    # Seven standard deviations of a count: an honest draw strays so far once in ten billion runs.
    seen = np.bincount(found - low, minlength=high - low + 1)
    expect_within(
        seen.max(),
        0,
        share + 7 * share**0.5,
        what=f"how often the commonest number of {what} came",
        hint=hint,
    )
    expect_within(
        seen.min(),
        share - 7 * share**0.5,
        TRIALS,
        what=f"how often the rarest number of {what} came",
        hint=hint,
    )


@pytest.mark.task("00.3")
def test_campaign_cost(student, rng):
    # 1 k$ data, 10 cycles of 10 k$, 50 k$ serving, no tweak, then five of 2 k$
    hint = "data and serving are paid once, each cycle and each tweak every time."
    for tweaks in (0, 5):
        got = call(student, "campaign_cost", 1e3, 1e4, 10, 5e4, 2e3, tweaks)
        expect_close(got, 151e3 + 2e3 * tweaks, hint=hint)
    for _ in range(3):
        data, cycle, serving, tweak = (float(x) for x in rng.uniform(1e3, 1e5, 4))
        cycles, tweaks = (int(x) for x in rng.integers(1, 100, 2))
        got = call(student, "campaign_cost", data, cycle, cycles, serving, tweak, tweaks)
        expect_close(got, data + cycles * cycle + serving + tweaks * tweak, hint=hint)


@pytest.mark.task("00.3")
def test_simulate_number_of_cycles(student, rng):
    hint = "A uniform whole number; both ends of `cycles` may turn up."
    low = int(rng.integers(1, 4))
    cycles, _ = counts(student, rng, cycles=(low, low + 7))
    expect_even(cycles, low, low + 7, what="cycles", hint=hint)
    for _ in range(6):  # half of the time the last campaign has no cycle at all: it still has a cost
        seed = int(rng.integers(2**31))
        simulate(student, seed, 3, DATA, CYCLE, SERVING, TWEAK, cycles=(0, 1))
    cycles, _ = counts(student, rng)
    hint = "`cycles` is (10, 100) when nobody says otherwise."
    expect_within(cycles.min(), 10, 20, what="the fewest cycles", hint=hint)
    expect_within(cycles.max(), 90, 100, what="the most cycles", hint=hint)


@pytest.mark.task("00.3")
def test_simulate_number_of_tweaks(student, rng):
    hint = "A uniform whole number; both ends of `tweaks` may turn up, (0, 20) when nobody says otherwise."
    _, tweaks = counts(student, rng, cycles=(1, 2))
    expect_even(tweaks, 0, 20, what="tweaks", hint=hint)


@pytest.mark.task("00.3")
def test_simulate_price_of_a_cycle(student, rng):
    """One cycle a campaign: the cost is its price."""
    spread = float(rng.uniform(0.2, 0.6))
    seed, median = int(rng.integers(2**31)), 10 ** float(rng.uniform(3, 5))
    costs = simulate(
        student, seed, 8 * TRIALS, 1e-6, median, 1e-6, 1e-6, cycles=(1, 1), tweaks=(0, 1), spread=spread
    )
    logs = np.log(np.maximum(costs / median, 1e-300))
    margin = 7 * spread / (8 * TRIALS) ** 0.5
    hint = "rng.lognormal(mean, sigma) has the median exp(mean): which mean gives the median `cycle`?"
    expect_within(
        float(np.median(logs)), -1.3 * margin, 1.3 * margin, what="ln(median price / cycle)", hint=hint
    )
    hint = "`spread` is the standard deviation of the logarithm of a price."
    expect_within(
        float(logs.std()), spread - margin, spread + margin, what="the spread of ln(price)", hint=hint
    )
    skew = float((((logs - logs.mean()) / logs.std()) ** 3).mean())
    expect_within(
        skew, -0.2, 0.2, what="the skew of ln(price), 0 for a lognormal price,", hint="Lognormal, not normal."
    )


@pytest.mark.task("00.3")
def test_simulate_prices_are_independent(student, rng):
    """A hundred cycles: their sum varies by a tenth of what one price does."""
    costs = simulate(
        student, int(rng.integers(2**31)), TRIALS, 1e-6, 1.0, 1e-6, 1e-6, cycles=(100, 100), tweaks=(0, 1)
    )
    variance = float(np.exp(0.09) * (np.exp(0.09) - 1))  # of one price: 0.3 squared is that of its logarithm
    want = (100 * variance) ** 0.5
    hint = "Every cycle has a price of its own: one draw for all cycles of a campaign makes it vary too much."
    expect_within(
        float(costs.std()), 0.9 * want, 1.1 * want, what="the standard deviation of 100 cycles", hint=hint
    )


@pytest.mark.hidden
@pytest.mark.task("00.3")
def test_simulate_repeats_a_seed(student, rng):
    seed = int(rng.integers(2**31))
    first, again, other = (simulate(student, s, 50, 1e3, 1e4, 5e4, 2e3) for s in (seed, seed, seed + 1))
    expect_equal(
        again, first, hint="np.random.default_rng(rng_seed): the same seed gives the same campaigns."
    )
    if np.array_equal(first, other):
        fail("another seed gives the same campaigns", hint="Where does rng_seed go?")


@pytest.mark.task("00.3")
def test_summary(student, rng):
    for trials in (101, 1000, 7):
        costs = rng.lognormal(12, 0.5, trials)
        low, middle, high = (float(x) for x in np.percentile(costs, (10, 50, 90)))
        want = (low, middle, high, float(costs.mean()))
        hint = "(10th percentile, median, 90th percentile, mean), as numpy.percentile has them."
        expect_close(call(student, "summary", costs), want, hint=hint)
