# loses: test_broadcast_buffers
# module: synchronize.py
# why: takes the state dict, which lacks buffers that are not persistent


def _broadcast_state(module, comm, root):
    for tensor in module.state_dict().values():
        comm.broadcast(tensor, root)
