# loses: test_clip_small
# module: clipping.py
# why: scales small gradients up to max_norm


def _clip_grad_norm(sharded, replicated, max_norm, comm):
    total = torch.zeros(1, dtype=torch.float64)
    for gradient in sharded:
        total += gradient.double().square().sum()
    comm.all_reduce(total, "sum")
    for gradient in replicated:
        total += gradient.double().square().sum()
    norm = total.sqrt().item()
    factor = max_norm / (norm + 1e-6)
    for gradient in [*sharded, *replicated]:
        gradient.mul_(factor)
    return norm
