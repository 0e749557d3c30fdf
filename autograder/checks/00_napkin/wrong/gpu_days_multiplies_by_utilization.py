# loses: test_gpu_days
# module: sizing.py
# why: lets a badly used GPU finish earlier


def gpu_days(flop, peak, utilization):
    return flop / peak * utilization / 86_400
