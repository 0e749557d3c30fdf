# loses: test_broadcast_root
# module: synchronize.py
# why: takes the values from rank 0, whatever root is


def _broadcast_state(module, comm, root):
    for tensor in [*module.parameters(), *module.buffers()]:
        comm.broadcast(tensor.detach(), 0)
