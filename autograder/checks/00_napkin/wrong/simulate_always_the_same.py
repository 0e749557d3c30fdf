# loses: test_simulate_repeats_a_seed
# module: campaign.py
# why: draws from a generator of its own, whatever the seed is


def simulate_costs(
    rng_seed, trials, data, cycle, serving, tweak, *, cycles=(10, 100), tweaks=(0, 20), spread=0.3
):
    rng = np.random.default_rng(1)
    how_many = rng.integers(cycles[0], cycles[1] + 1, trials)
    how_often = rng.integers(tweaks[0], tweaks[1] + 1, trials)
    training = [rng.lognormal(np.log(cycle), spread, n).sum() for n in how_many]
    return data + np.array(training) + serving + tweak * how_often
