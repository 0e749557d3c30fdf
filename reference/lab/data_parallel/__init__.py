"""Handed out with unit 04: programs for several ranks, training runs and drawings of the lab."""
