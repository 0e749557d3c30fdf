"""Handed out with unit 00: its charts, and the experiments of its lab."""
