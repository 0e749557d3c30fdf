# loses: test_fsdp_mixed_precision
# module: sharded_unit.py
# why: adds the gradients up in the compute dtype


def _reduce_gradients(self):
    full = self.layout.join([param.grad for param in self.params], self.full)
    for param in self.params:
        param.grad = None
    own = torch.empty(self.layout.part, dtype=full.dtype)
    self.comm.reduce_scatter(own, full, "avg")
    own = own.to(self.shard.dtype)
    self.shard.grad = own if self.shard.grad is None else self.shard.grad + own


ShardedUnit._reduce_gradients = _reduce_gradients
