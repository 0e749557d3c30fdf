"""GPU kernels, from one thread an element to attention that never leaves the chip.

Every file with kernels calls `gpu.select()` first: a GPU runs them, or the simulators do. In reading order:

1. `puzzles_maps`, `puzzles_shared`, `puzzles_scans`: fifteen small CUDA kernels. Maps and guards; shared memory and
   barriers; sums, scans and histograms.
2. The matmul ladder in CUDA, slowest rung first: `direct` (one thread an element), `tiled` (tiles in shared memory),
   `registers` (a small tile of C in the registers of each thread), `wide` (loads of 16 bytes, two buffers, one barrier
   a tile). `operands` checks what comes in and launches; `loads` is the load of 16 bytes.
3. Triton: `tl_matmul`, `softmax` and `norm`; `tensors` checks what comes in.
4. Attention: `flash_tiles` (in plain torch, tile by tile), then `flash_forward` and `flash_backward` (in Triton).

Import from the modules, for example `from reference.matmul_gpu.wide import vectorized`: the package itself starts
neither numba nor Triton.
"""
