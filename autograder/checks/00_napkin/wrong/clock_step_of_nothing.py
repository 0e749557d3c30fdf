# loses: test_clock_step_of_a_coarse_clock
# module: stopwatch.py
# why: takes two equal readings for a step of 0


def clock_step(readings):
    steps = [readings[i + 1] - readings[i] for i in range(len(readings) - 1)]
    if not any(steps):
        raise ValueError("the clock stands still")
    return min(step for step in steps if step >= 0)
