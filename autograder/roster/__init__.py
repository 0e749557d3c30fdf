"""Whole classes: who they are, what they sent and when, and a gradebook that loses nothing."""
