"""Measure time: the stopwatch, its statistics, the state of the machine, and the limits of CPUs and GPUs."""
