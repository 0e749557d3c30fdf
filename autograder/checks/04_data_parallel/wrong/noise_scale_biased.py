# loses: test_noise_scale
# module: large_batch.py
# why: takes the square of the mean gradient for the signal, although noise is left in it


def _noise_scale(comm, gradient, batch):
    means = np.append(gradient, gradient @ gradient)
    comm.all_reduce(means, "avg")
    small, big = means[-1], means[:-1] @ means[:-1]
    total = batch * comm.size
    signal = big
    noise = (small - big) / (1 / batch - 1 / total)
    return float(noise / signal) if signal > 1e-12 else float("inf")
