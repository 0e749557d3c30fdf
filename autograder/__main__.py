"""`python -m autograder` is what `./mlsys` hands over to."""

from autograder.cli import main

main()
