"""Messages between processes: one `Communicator` over MPI and torch.distributed."""
