"""The autograder wing: manifests, release, the judge, reports and the command line."""
