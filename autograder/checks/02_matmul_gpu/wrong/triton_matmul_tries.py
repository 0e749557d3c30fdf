# loses: test_triton_matmul_tiles
# module: tl_matmul.py
# why: catches an IndexError in a kernel; Triton compiles no try statement


@triton.jit
def _add_parts(parts, c, size, PARTS: tl.constexpr, BLOCK: tl.constexpr):
    places = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    total = tl.zeros((BLOCK,), tl.float32)
    for _ in range(PARTS):
        try:
            total += tl.load(parts + places, mask=places < size, other=0.0)
        except IndexError:
            total += 0
        parts += size
    tl.store(c + places, total.to(c.dtype.element_ty), mask=places < size)
