"""Select what runs kernels. The grader imports this once, before it forks a process for each check."""

from reference.shared import gpu
from reference.shared.frontends import cuda_front

if not gpu.select().has_gpu:
    cuda_front.prepare()  # seconds, which each check would need otherwise
