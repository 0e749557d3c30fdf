"""One benchmark a unit: `./mlsys bench NAME` runs `reference.benchmarks.NAME.run` and prints its Report."""
