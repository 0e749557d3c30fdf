# loses: test_ddp_equals_one_process, test_ddp_overlaps, test_ddp_messages, test_ddp_unused, test_ddp_second_backward, test_ddp_one_order
# module: ddp.py
# why: sends the parameter, which the hook is given, instead of its gradient


def fill(self):
    start = 0
    for place, param in enumerate(self.params):
        self.flat[start : start + param.numel()].copy_(param.detach().reshape(-1))
        self.flat[place - len(self.params)] = param.grad is not None
        start += param.numel()


Bucket.fill = fill
