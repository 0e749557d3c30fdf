# loses: test_average_gradients_unused
# module: synchronize.py
# why: gives a parameter that nobody uses a gradient of 0


def _average_gradients(params, comm):
    for param in params:
        if param.grad is None:
            param.grad = torch.zeros_like(param)
        comm.all_reduce(param.grad, "avg")
