"""Choose what runs GPU kernels, launch them, and look up or compute what a GPU offers them.

    from reference.shared import gpu

    cuda = gpu.select().cuda                       # numba.cuda on an NVIDIA GPU, or its simulator
    gpu.launch(kernel, grid, block, out, x)        # runs a @cuda.jit kernel and waits for it

These few names are what every kernel file needs. Import the rest from its module.
"""

from reference.shared.gpu.backend import Backend, select
from reference.shared.gpu.launching import empty, launch, refuse_unwritten

__all__ = ["Backend", "empty", "launch", "refuse_unwritten", "select"]
