"""The reference: the tested solution of every unit, written to be read."""
