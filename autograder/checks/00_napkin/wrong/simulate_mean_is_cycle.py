# loses: test_simulate_price_of_a_cycle
# module: campaign.py
# why: makes `cycle` the mean of the prices, not their median


def simulate_costs(
    rng_seed, trials, data, cycle, serving, tweak, *, cycles=(10, 100), tweaks=(0, 20), spread=0.3
):
    rng = np.random.default_rng(rng_seed)
    how_many = rng.integers(cycles[0], cycles[1] + 1, trials)
    how_often = rng.integers(tweaks[0], tweaks[1] + 1, trials)
    training = [rng.lognormal(np.log(cycle) - spread**2 / 2, spread, n).sum() for n in how_many]
    return data + np.array(training) + serving + tweak * how_often
