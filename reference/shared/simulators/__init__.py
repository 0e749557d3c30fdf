"""Schedulers and checkers for numba-cuda's simulator and Triton's interpreter."""
