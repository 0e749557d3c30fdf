"""How the tests of this repository run: tiers, shards and recorded durations, for `./mlsys test`."""
