# loses: test_fsdp_accumulates
# module: sharded_unit.py
# why: replaces the gradient of an earlier backward pass


def _reduce_gradients(self):
    full = self.layout.join([param.grad for param in self.params], self.shard)
    for param in self.params:
        param.grad = None
    own = torch.empty_like(self.shard.detach())
    self.comm.reduce_scatter(own, full, "avg")
    self.shard.grad = own


ShardedUnit._reduce_gradients = _reduce_gradients
