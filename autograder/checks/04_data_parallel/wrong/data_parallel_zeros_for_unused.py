# loses: test_ddp_unused
# module: ddp.py
# why: gives a parameter that nobody uses a gradient of 0


def spread(self):
    start = 0
    for param in self.params:
        part = self.flat[start : start + param.numel()].view(param.shape)
        param.grad = part.clone()
        start += param.numel()


Bucket.spread = spread
