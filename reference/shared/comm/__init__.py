"""Messages between processes: one `Communicator` over MPI and torch.distributed."""

from reference.shared.comm.communicator import Buffer, Communicator, Op, Request
from reference.shared.comm.entry import world
from reference.shared.comm.launching import LaunchError, launch
from reference.shared.comm.recording import Message, RecordingCommunicator, chrome_trace, plain
from reference.shared.comm.waiting import DeadlockError, MismatchError, PeerError

__all__ = [
    "Buffer",
    "Communicator",
    "DeadlockError",
    "LaunchError",
    "Message",
    "MismatchError",
    "Op",
    "PeerError",
    "RecordingCommunicator",
    "Request",
    "chrome_trace",
    "launch",
    "plain",
    "world",
]
