# loses: test_kernel_operations
# module: growth.py
# why: computes each product of two points twice


def kernel_operations(points, dimensions):
    return 2 * points * points * dimensions
