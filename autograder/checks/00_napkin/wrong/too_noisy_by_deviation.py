# loses: test_one_slow_run_is_no_noise
# module: stopwatch.py
# why: measures noise by the standard deviation, which one slow run decides


def too_noisy(samples, most=0.1):
    return bool(np.std(samples) > most * np.mean(samples))
