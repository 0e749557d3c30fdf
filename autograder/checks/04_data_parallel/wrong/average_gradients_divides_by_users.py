# loses: test_average_gradients_missing
# module: synchronize.py
# why: divides by the number of ranks that have the gradient


def _average_gradients(params, comm):
    used = torch.tensor([p.grad is not None for p in params], dtype=torch.int64)
    comm.all_reduce(used, "sum")
    for param, count in zip(params, used.tolist(), strict=True):
        if count:
            if param.grad is None:
                param.grad = torch.zeros_like(param)
            comm.all_reduce(param.grad, "sum")
            param.grad.div_(count)
