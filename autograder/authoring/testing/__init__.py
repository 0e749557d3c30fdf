"""Tiers, shards and recorded durations of the tests, for `./mlsys test`."""
