# loses: test_sharded_adamw_stage_2
# module: zero.py
# why: averages all gradients with an all-reduce in stage 2


def _own_gradient(self):
    full = self.layout.join([p.grad for p in self.params], self.vector)
    if self.stage == 2:
        self.communicator.all_reduce(full, "avg")
        self.zero_grad()
    return self.layout.own(full, self.communicator.rank).clone()


ShardedOptimizer._own_gradient = _own_gradient
