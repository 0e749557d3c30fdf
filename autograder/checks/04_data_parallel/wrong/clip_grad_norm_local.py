# loses: test_clip_sharded, test_clip_small
# module: clipping.py
# why: takes the norm of this rank's shards


def _clip_grad_norm(sharded, replicated, max_norm, comm):
    total = torch.zeros(1, dtype=torch.float64)
    for gradient in sharded:
        total += gradient.double().square().sum()
    del comm
    for gradient in replicated:
        total += gradient.double().square().sum()
    norm = total.sqrt().item()
    factor = min(1.0, max_norm / (norm + 1e-6))
    for gradient in [*sharded, *replicated]:
        gradient.mul_(factor)
    return norm
