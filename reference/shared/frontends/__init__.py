"""Ask the compilers of kernels, without a GPU: would numba-cuda or Triton take this kernel?

The simulators run a kernel as Python, so they accept more than a GPU's compilers do: exceptions, lists, texts, sizes of
shared memory that are known only when the kernel runs. `asking.ask` gives the same kernel to the real front end.
"""
