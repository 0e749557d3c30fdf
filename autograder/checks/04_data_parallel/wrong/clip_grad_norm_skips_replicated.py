# loses: test_clip_replicated
# module: clipping.py
# why: does not scale the replicated gradients


def _clip_grad_norm(sharded, replicated, max_norm, comm):
    total = torch.zeros(1, dtype=torch.float64)
    for gradient in sharded:
        total += gradient.double().square().sum()
    comm.all_reduce(total, "sum")
    for gradient in replicated:
        total += gradient.double().square().sum()
    norm = total.sqrt().item()
    factor = min(1.0, max_norm / (norm + 1e-6))
    for gradient in sharded:
        gradient.mul_(factor)
    return norm
