# loses: test_simulate_prices_are_independent
# module: campaign.py
# why: draws one price a campaign and pays it for every cycle


def simulate_costs(
    rng_seed, trials, data, cycle, serving, tweak, *, cycles=(10, 100), tweaks=(0, 20), spread=0.3
):
    rng = np.random.default_rng(rng_seed)
    how_many = rng.integers(cycles[0], cycles[1] + 1, trials)
    how_often = rng.integers(tweaks[0], tweaks[1] + 1, trials)
    training = rng.lognormal(np.log(cycle), spread, trials) * how_many
    return data + training + serving + tweak * how_often
