# loses: test_kmeans_operations
# module: growth.py
# why: compares points with points, as a well-known slide does: O(N * N)


def kmeans_operations(points, dimensions, clusters, iterations):
    return iterations * (3 * points * points * dimensions + points * dimensions)
