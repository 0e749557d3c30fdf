# loses: test_sharded_adamw_equals_adamw, test_sharded_adamw_state, test_sharded_adamw_stage_2, test_sharded_adamw_many_steps
# module: zero.py
# why: updates its own part, and does not give it to the other ranks


@torch.no_grad()
def step(self):
    self.shard.grad = self._own_gradient()
    self.optimizer.step()
    self.shard.grad = None


ShardedOptimizer.step = step
