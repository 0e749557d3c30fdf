"""Handed out with unit 02: drawings, examples of the puzzles, tuning spaces, and timing on a GPU."""
