"""The course as data: units, manifests, results, and safe files. Imports no other part of the autograder."""
