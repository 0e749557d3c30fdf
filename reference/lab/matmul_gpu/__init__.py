"""Handed out with unit 02: the lab's steps, drawings, puzzle examples, tuning spaces, timing on a GPU."""
