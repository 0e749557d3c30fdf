"""The judge's own measures of speed: work of the same size that is no matrix product, and a library's product.

A student's rung is timed beside one of these in the same run, by turns. The ratio says how good the code is, and
hardly how fast the machine is: the triad of STREAM does a multiply-add, two loads and a store an element, as a simple
compiled loop of a product does, and numba compiles both.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
from numba import get_num_threads

from reference.shared.timing.cpu_limits import triad_kernel

LENGTH = 512  # float64 numbers of an array: three of them fit into any first cache


def triad(a, b):
    """As many multiply-adds as the product of `a` and `b` has, in compiled loops on one core."""
    multiply_adds(a.shape[0] * b.size)
    return result(a, b)


def triad_in_parallel(a, b):
    """The same on as many cores as numba uses for the student's code."""
    threads = get_num_threads()
    list(pool().map(multiply_adds, [a.shape[0] * b.size // threads] * threads))
    return result(a, b)


def library(a, b):
    """NumPy's product: OpenBLAS, on as many threads as the student's code may use."""
    return a @ b


def multiply_adds(count):
    target, left, right = np.zeros(LENGTH), np.ones(LENGTH), np.ones(LENGTH)
    triad_kernel()(target, left, right, 3.0, max(1, count // LENGTH))


def result(a, b):
    """An array of the product's size: to send it back takes as long."""
    return np.ones((a.shape[0], b.shape[1]), a.dtype)


@cache
def pool():
    return ThreadPoolExecutor(get_num_threads())
