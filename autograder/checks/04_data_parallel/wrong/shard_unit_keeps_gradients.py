# loses: test_fsdp_equals_one_process, test_fsdp_live_bytes, test_fsdp_accumulates
# module: sharded_unit.py
# why: leaves the full gradients in place


def _reduce_gradients(self):
    full = self.layout.join([param.grad for param in self.params], self.shard)
    own = torch.empty_like(self.shard.detach())
    self.comm.reduce_scatter(own, full, "avg")
    self.shard.grad = own if self.shard.grad is None else self.shard.grad + own


ShardedUnit._reduce_gradients = _reduce_gradients
