# loses: test_average_gradients_mean
# module: synchronize.py
# why: rounds the gradients to bfloat16 to halve the bytes


def _average_gradients(params, comm):
    used = torch.tensor([p.grad is not None for p in params], dtype=torch.int64)
    comm.all_reduce(used, "max")
    for param, anywhere in zip(params, used.tolist(), strict=True):
        if anywhere:
            small = torch.zeros_like(param.detach()) if param.grad is None else param.grad
            small = small.bfloat16()
            comm.all_reduce(small, "avg")
            param.grad = small.float()
