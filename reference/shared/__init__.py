"""Modules that all units share: timing, plots, data, GPUs and simulators."""
