# loses: test_matmul_intensity
# module: roofline.py
# why: forgets that the result is written to memory, too


def matmul_intensity(m, k, n, word):
    return 2 * m * k * n / (word * (m * k + k * n))
