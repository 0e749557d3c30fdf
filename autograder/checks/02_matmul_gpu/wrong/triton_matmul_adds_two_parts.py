# loses: test_triton_matmul_split_k
# module: tl_matmul.py
# why: adds the first two parts, however many there are


@triton.jit
def _add_parts(parts, c, size, PARTS: tl.constexpr, BLOCK: tl.constexpr):
    places = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    total = tl.zeros((BLOCK,), tl.float32)
    for _ in range(2):
        total += tl.load(parts + places, mask=places < size, other=0.0)
        parts += size
    tl.store(c + places, total.to(c.dtype.element_ty), mask=places < size)
