# loses: test_summary
# module: campaign.py
# why: takes the nearest cost instead of interpolating


def summary(costs):
    low, middle, high = np.percentile(costs, [10, 50, 90], method="nearest")
    return float(low), float(middle), float(high), float(np.mean(costs))
