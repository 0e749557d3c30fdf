# loses: test_flop_of_gpu_days
# module: sizing.py
# why: takes a day to have an hour's seconds


def flop_of_gpu_days(gpu_days, peak, utilization):
    return gpu_days * 3600 * peak * utilization
