"""GPU kernels, from one thread per element to attention that never stores its scores.

Every file with kernels first calls `gpu.select()`: a GPU runs them, or the simulators
do. In reading order:

1. `puzzles_maps`, `puzzles_shared`, `puzzles_scans`: fifteen small CUDA kernels. Maps
   and guards; shared memory and barriers; sums, scans and histograms.
2. The matmul ladder in CUDA, slowest rung first: `direct` (one thread per element),
   `tiled` (tiles in shared memory), `registers` (a small tile of C in each thread's
   registers), `wide` (loads of 16 bytes, two buffers, one barrier per tile). `operands`
   checks the operands and launches; `loads` is the load of 16 bytes.
3. Triton: `tl_matmul`, `softmax` and `norm`; `tensors` checks the operands.
4. Attention: `flash_tiles` (in plain torch, tile by tile), then `flash_forward` and
   `flash_backward` (in Triton).

Import from the modules, for example `from reference.matmul_gpu.wide import vectorized`:
the package itself imports neither numba nor Triton.
"""
