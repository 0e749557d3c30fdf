# loses: test_broadcast_buffers
# module: synchronize.py
# why: forgets the buffers


def _broadcast_state(module, comm, root):
    for tensor in module.parameters():
        comm.broadcast(tensor.detach(), root)
