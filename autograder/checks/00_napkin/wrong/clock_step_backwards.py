# loses: test_clock_step_of_an_odd_clock
# module: stopwatch.py
# why: takes a clock that was set back for one that made a small step


def clock_step(readings):
    steps = [readings[i + 1] - readings[i] for i in range(len(readings) - 1)]
    return min(abs(step) for step in steps if step)
