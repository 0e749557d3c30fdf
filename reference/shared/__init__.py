"""What every unit may use and no unit owns: timing, plots, data, GPUs and simulators."""
