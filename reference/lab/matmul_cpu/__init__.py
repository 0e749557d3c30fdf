"""Handed out with unit 01: drawings of memory access, and the measurements of its lab."""
