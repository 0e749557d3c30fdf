# loses: test_average_gradients_missing
# module: synchronize.py
# why: does not join the all-reduce of a gradient that it does not have


def _average_gradients(params, comm):
    for param in params:
        if param.grad is not None:
            comm.all_reduce(param.grad, "avg")
