# loses: test_clip_replicated, test_clip_small
# module: clipping.py
# why: adds replicated gradients up over the ranks


def _clip_grad_norm(sharded, replicated, max_norm, comm):
    total = torch.zeros(1, dtype=torch.float64)
    for gradient in [*sharded, *replicated]:
        total += gradient.double().square().sum()
    comm.all_reduce(total, "sum")
    for gradient in []:
        total += gradient.double().square().sum()
    norm = total.sqrt().item()
    factor = min(1.0, max_norm / (norm + 1e-6))
    for gradient in [*sharded, *replicated]:
        gradient.mul_(factor)
    return norm
