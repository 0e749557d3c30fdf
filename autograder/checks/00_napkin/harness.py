"""Runs on the student's side: counts what a measuring function does, in the order in which it does it."""

# pyright: reportUndefinedVariable=false
# The worker puts `student_function` into this module: it gives the student's function of a name.

import os
import sys
import threading

SENDS = {"write", "send", "sendall", "sendto", "sendmsg"}
RECEIVES = {"read", "readinto", "recv", "recv_into", "recvfrom", "recvmsg"}


def watched(name, count):
    """Count what `name(count)` does: (calls of Python functions, of os.getppid, of os.pipe, connections, round trips).

    A round trip is a send followed by a receive in the thread that calls; what the other end does is its own business.
    """
    python, builtin, order = [0], {}, []
    caller = threading.get_ident()

    def note(_frame, event, what):
        if event == "call":
            python[0] += 1
        if event != "c_call":
            return
        called = what.__name__
        builtin[called] = builtin.get(called, 0) + 1
        if threading.get_ident() == caller and called in SENDS | RECEIVES:
            order.append(called in SENDS)

    function = student_function(name)
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        function(count)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    trips = sum(1 for i in range(1, len(order)) if order[i - 1] and not order[i])
    pipes = builtin.get("pipe", 0) + builtin.get("pipe2", 0)
    connections = builtin.get("connect", 0) + builtin.get("connect_ex", 0)
    return python[0], builtin.get("getppid", 0), pipes, connections, trips


def left_behind(name, count, times):
    """The threads and the open files that are left after `times` calls of `name(count)`."""
    function = student_function(name)
    function(count)  # what is opened once for all, as a random source, is not the matter
    threads, files = threading.active_count(), len(os.listdir("/dev/fd"))  # noqa: PTH208
    for _ in range(times):
        function(count)
    return threading.active_count() - threads, len(os.listdir("/dev/fd")) - files  # noqa: PTH208
