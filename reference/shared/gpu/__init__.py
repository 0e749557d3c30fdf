"""Run kernels on an NVIDIA GPU or on simulators, and look up or compute what a GPU offers them."""
