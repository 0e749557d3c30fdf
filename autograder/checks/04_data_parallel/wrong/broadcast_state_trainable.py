# loses: test_broadcast_parameters, test_broadcast_root
# module: synchronize.py
# why: leaves frozen parameters out


def _broadcast_state(module, comm, root):
    for tensor in [p for p in module.parameters() if p.requires_grad] + list(module.buffers()):
        comm.broadcast(tensor.detach(), root)
