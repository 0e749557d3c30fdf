"""Handed out with unit 00: its charts."""
