"""The entry point of `python -m autograder`, which `./mlsys` runs."""

from autograder.cli import main

main()
