"""Measurements and drawings for lab 03, which students get with the unit."""
