"""The size of a training run, and the price of a campaign."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from reference.napkin.campaign import campaign_cost, simulate_costs, summary
from reference.napkin.sizing import flop_of_gpu_days, gpu_days, model_bytes, training_flop, transformer_flop
from reference.tests.effort import tries

numbers = st.floats(1e-3, 1e9)


def test_the_backward_pass_of_products_takes_twice_the_forward_pass():
    model = nn.Sequential(nn.Linear(30, 40), nn.ReLU(), nn.Linear(40, 50))
    x = torch.zeros(8, 30, requires_grad=True)
    with FlopCounterMode(display=False) as forward:
        loss = model(x).sum()
    with FlopCounterMode(display=False) as backward:
        loss.backward()
    both = forward.get_total_flops() + backward.get_total_flops()
    assert training_flop(forward.get_total_flops() / 8, examples=8, epochs=1) == both


def test_six_n_d_is_the_count_of_a_linear_model():
    # one forward pass: 2 FLOP a parameter and token; training: three times that
    assert transformer_flop(1e9, 1e6) == training_flop(2 * 1e9, 1e6, 1)


def test_the_published_sizes():
    assert transformer_flop(175e9, 300e9) == pytest.approx(3.15e23)
    assert flop_of_gpu_days(2500, 125e12, 0.30) == pytest.approx(8.1e21)
    assert flop_of_gpu_days(2500, 125e12, 0.33) == pytest.approx(8.91e21)
    assert model_bytes(25_557_032) == pytest.approx(102.2e6, rel=1e-3)


@given(numbers, numbers, st.floats(1e-3, 1))
def test_gpu_days_and_their_flop_are_inverse(days, peak, utilization):
    assert gpu_days(flop_of_gpu_days(days, peak, utilization), peak, utilization) == pytest.approx(days)


@given(numbers, st.integers(1, 64))
def test_bytes(parameters, bits):
    assert model_bytes(parameters, bits) * 8 == pytest.approx(parameters * bits)
    assert model_bytes(parameters, 2 * bits) == pytest.approx(2 * model_bytes(parameters, bits))


def test_the_lectures_campaign():
    assert campaign_cost(1e3, 1e4, 10, 5e4, 2e3, 0) == 151_000
    assert campaign_cost(1e3, 1e4, 10, 5e4, 2e3, 7) == 165_000


@tries(20)
@given(st.integers(0, 50), st.integers(0, 50))
def test_without_spread_a_simulation_is_the_plain_sum(cycles, tweaks):
    costs = simulate_costs(
        1, 9, 1e3, 1e4, 5e4, 2e3, cycles=(cycles, cycles), tweaks=(tweaks, tweaks), spread=0
    )
    assert costs.shape == (9,)
    assert costs.dtype == np.float64
    np.testing.assert_allclose(costs, campaign_cost(1e3, 1e4, cycles, 5e4, 2e3, tweaks))


def test_the_same_seed_is_the_same_future():
    one, same, other = (simulate_costs(seed, 50, 1, 2, 3, 4) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()


def test_each_cycle_has_a_price_of_its_own():
    """The sum of n lognormal prices spreads like sqrt(n) of one, not like n."""
    costs = simulate_costs(3, 20_000, 0, 1.0, 0, 0, cycles=(64, 64), tweaks=(0, 0), spread=0.5)
    price = scipy.stats.lognorm(0.5)
    assert costs.mean() == pytest.approx(64 * price.mean(), rel=0.01)
    assert costs.std() == pytest.approx(8 * price.std(), rel=0.03)


def test_one_cycle_is_lognormal_and_tweaks_are_uniform():
    one = simulate_costs(4, 5000, 0, 7.0, 0, 0, cycles=(1, 1), tweaks=(0, 0), spread=0.3)
    assert scipy.stats.kstest(one, scipy.stats.lognorm(0.3, scale=7.0).cdf).pvalue > 1e-3
    counts = simulate_costs(5, 7000, 0, 1.0, 0, 1, cycles=(0, 0), tweaks=(2, 8), spread=0.3)
    assert sorted(set(counts)) == [2, 3, 4, 5, 6, 7, 8]
    assert scipy.stats.chisquare(np.unique(counts, return_counts=True)[1]).pvalue > 1e-3


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=50))
def test_the_summary_stands_in_order(costs):
    low, middle, high, mean = summary(costs)
    assert min(costs) <= low <= middle <= high <= max(costs)
    assert min(costs) * (1 - 1e-9) <= mean <= max(costs) * (1 + 1e-9)


def test_the_summary_of_known_numbers():
    assert summary(np.arange(101.0)) == (10, 50, 90, 50)
