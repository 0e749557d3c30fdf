"""Tools for course authors: new units, proofs of the grader, slides, and the check of a machine's setup."""
