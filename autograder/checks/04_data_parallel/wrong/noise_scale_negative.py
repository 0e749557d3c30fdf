# loses: test_noise_scale_no_signal
# module: large_batch.py
# why: divides by an estimate that is not positive


def _noise_scale(comm, gradient, batch):
    means = np.append(gradient, gradient @ gradient)
    comm.all_reduce(means, "avg")
    small, big = means[-1], means[:-1] @ means[:-1]
    total = batch * comm.size
    signal = (total * big - batch * small) / (total - batch)
    noise = (small - big) / (1 / batch - 1 / total)
    return float(noise / signal)
