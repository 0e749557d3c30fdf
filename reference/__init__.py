"""The reference wing: the tested solution of every unit, written to be read."""
