"""Mutants of the reference: small mistakes in the bodies that students write, and the checks that notice them."""
