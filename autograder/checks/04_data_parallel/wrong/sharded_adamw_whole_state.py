# loses: test_sharded_adamw_state
# module: zero.py
# why: keeps the state for all parameters on every rank


@torch.no_grad()
def step(self):
    gradient = self._own_gradient()
    if not self.optimizer.state:
        self.whole = nn.Parameter(self.vector.clone())
        group = {
            k: v
            for k, v in self.optimizer.param_groups[0].items()
            if k in ("lr", "betas", "eps", "weight_decay")
        }
        self.optimizer = type(self.optimizer)([self.whole], **group)
    self.whole.copy_(self.vector)
    self.whole.grad = torch.zeros_like(self.whole)
    self.layout.own(self.whole.grad, self.communicator.rank).copy_(gradient)
    self.optimizer.step()
    part = self.layout.own(self.whole.detach(), self.communicator.rank).clone()
    self.communicator.all_gather(self.vector, part)


ShardedOptimizer.step = step
