"""Ranks that are threads of the student's process, and a record of their messages; this file runs there.

A rank that waits for something that no rank will do is found at once, without a time limit.
"""

# pyright: reportUndefinedVariable=false
# The worker adds `student_function` to this module: it returns the student's function with a name.

import threading

import numpy as np


class StuckError(Exception):
    """All ranks that have not ended wait for each other."""


class World:
    """The messages of some ranks. eager: a send returns at once; otherwise when its message is received."""

    def __init__(self, size, eager):
        self.size, self.eager = size, eager
        self.changed = threading.Condition()
        self.queues, self.log, self.waiting = {}, [], {}
        self.alive, self.stuck = size, ""

    def wait(self, rank, ready, what):
        """Block until ready(); the lock is held."""
        self.waiting[rank] = (ready, what)
        while not ready():
            self.look()
            if self.stuck:
                raise StuckError(self.stuck)
            self.changed.wait()
        del self.waiting[rank]

    def look(self):
        """Say who waits for whom if no rank can go on."""
        if len(self.waiting) == self.alive and not any(ready() for ready, _ in self.waiting.values()):
            self.stuck = self.stuck or "; ".join(
                f"rank {rank} {what}" for rank, (_, what) in sorted(self.waiting.items())
            )
            self.changed.notify_all()

    def end(self, rank):
        """This rank does nothing more."""
        with self.changed:
            self.waiting.pop(rank, None)
            self.alive -= 1
            self.look()
            self.changed.notify_all()


class Underway:
    """A send or receive under way."""

    def __init__(self, finish):
        self.finish = finish

    def wait(self):
        finish, self.finish = self.finish, lambda: None
        finish()


class ThreadCommunicator:
    """The part of `Communicator` that algorithms over messages need."""

    def __init__(self, world, rank):
        self.world, self.rank, self.size = world, rank, world.size

    def peer(self, rank):
        if isinstance(rank, bool) or not isinstance(rank, (int, np.integer)) or not 0 <= rank < self.size:
            raise ValueError(f"expected a rank from 0 to {self.size - 1}, got {rank!r}")
        if rank == self.rank:
            raise ValueError(f"expected another rank: rank {rank} exchanges a message with itself")
        return int(rank)

    def isend(self, data, to, tag=0):
        to, world = self.peer(to), self.world
        message = [np.array(data), False]
        with world.changed:
            world.queues.setdefault((self.rank, to, tag), []).append(message)
            if tag >= 0:
                world.log.append([self.rank, to, int(data.nbytes)])
            world.changed.notify_all()

        def finish():
            with world.changed:
                world.wait(self.rank, lambda: world.eager or message[1], f"sends to rank {to}")

        return Underway(finish)

    def send(self, data, to, tag=0):
        self.isend(data, to, tag).wait()

    def recv(self, into, source, tag=0):
        source, world = self.peer(source), self.world
        with world.changed:
            queue = world.queues.setdefault((source, self.rank, tag), [])
            world.wait(self.rank, lambda: len(queue) > 0, f"waits for rank {source}")
            message = queue.pop(0)
            message[1] = True
            world.changed.notify_all()
        data = message[0]
        if data.shape != into.shape or data.dtype != into.dtype:
            got, room = f"{data.dtype} {data.shape}", f"{into.dtype} {into.shape}"
            raise ValueError(f"rank {self.rank} expected {room} from rank {source}, and got {got}")
        into[...] = data

    def irecv(self, into, source, tag=0):
        self.peer(source)
        return Underway(lambda: self.recv(into, source, tag))

    def all_gather(self, out, data, *, wait=True):  # noqa: ARG002 (the messages are small: it always waits)
        """A collective; its messages have a tag of their own and are not recorded, but the call is."""
        rows = out.reshape(self.size, -1)
        rows[self.rank] = data.reshape(-1)
        others = [rank for rank in range(self.size) if rank != self.rank]
        sends = [self.isend(data.reshape(-1), rank, -1) for rank in others]
        for rank in others:
            self.recv(rows[rank], rank, -1)
        for each in sends:
            each.wait()
        with self.world.changed:
            self.world.log.append([self.rank, -1, int(data.nbytes)])
        return Underway(lambda: None)


def play(name, per_rank, eager):
    """Run the function on a thread for each list of arguments: values, arguments afterwards, messages, who waits.

    Raises the exception of the first rank that raised one.
    """
    world = World(len(per_rank), eager)
    values, errors = [None] * world.size, []

    def run(rank):
        try:
            values[rank] = student_function(name)(ThreadCommunicator(world, rank), *per_rank[rank])
        except BaseException as error:
            errors.append(error)
        finally:
            world.end(rank)

    student_function(name)  # imports the file once, before there are threads
    ranks = [threading.Thread(target=run, args=(rank,), daemon=True) for rank in range(world.size)]
    for thread in ranks:
        thread.start()
    for thread in ranks:
        thread.join()
    own = [error for error in errors if not isinstance(error, StuckError)]
    if own:
        raise own[0]
    for (source, target, _), queue in world.queues.items():
        if queue and not world.stuck:
            world.stuck = f"no rank receives the message of rank {source} to rank {target}"
    return values, per_rank, world.log, world.stuck


def schedule(p):
    """The student's schedule as lists of [source, target, piece, add]."""
    rounds = student_function("straggler_schedule")(p)
    return [
        [[int(source), int(target), int(piece), bool(add)] for source, target, piece, add in transfers]
        for transfers in rounds
    ]


def fit(nbytes, seconds):
    """The student's fit as a flat list: alpha, beta, and the ends of both intervals."""
    alpha, beta, (a_low, a_high), (b_low, b_high) = student_function("fit_alpha_beta")(nbytes, seconds)
    return [float(each) for each in (alpha, beta, a_low, a_high, b_low, b_high)]
