# loses: test_fsdp_messages, test_fsdp_mixed_precision
# module: sharded_unit.py
# why: gathers again although the parameters are there


def gather(self):
    self.start_gather()
    if self.pending is not None:
        self.pending[0].wait()
        self.pending, self.gathered = None, True
        self.comm.all_gather(self.full, self.shard.detach().to(self.full.dtype))


ShardedUnit.gather = gather
