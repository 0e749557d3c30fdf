"""The autograder: manifests, releases, the judge, rosters, reports and the command line."""
