# loses: test_simulate_number_of_cycles
# module: campaign.py
# why: rounds a float between the two ends, so that both ends come half as often as they should


def simulate_costs(
    rng_seed, trials, data, cycle, serving, tweak, *, cycles=(10, 100), tweaks=(0, 20), spread=0.3
):
    rng = np.random.default_rng(rng_seed)
    how_many = np.rint(rng.uniform(cycles[0], cycles[1], trials)).astype(int)
    how_often = rng.integers(tweaks[0], tweaks[1] + 1, trials)
    training = [rng.lognormal(np.log(cycle), spread, n).sum() for n in how_many]
    return data + np.array(training) + serving + tweak * how_often
