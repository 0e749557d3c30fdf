# loses: test_sharded_adamw_many_steps
# module: zero.py
# why: makes the shard a new parameter in each step, so its state starts again


@torch.no_grad()
def step(self):
    gradient = self._own_gradient()
    self.shard = self._own_shard()
    options = {
        k: v for k, v in self.optimizer.defaults.items() if k in ("lr", "betas", "eps", "weight_decay")
    }
    self.optimizer = type(self.optimizer)([self.shard], **options)
    self.shard.grad = gradient
    self.optimizer.step()
    self.communicator.all_gather(self.vector, self.shard.detach().clone())


ShardedOptimizer.step = step
