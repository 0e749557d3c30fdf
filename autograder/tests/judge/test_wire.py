"""Frames: fuzzed, truncated, oversized, late, and with the wrong kind of file beside them."""

from __future__ import annotations

import os
import pickle
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.judge.worker.values import MalformedError
from autograder.judge.worker.wire import (
    INLINE,
    MAGIC,
    PREAMBLE,
    Channel,
    ClosedError,
    ProtocolError,
    WireLimits,
)
from reference.tests.effort import tries

SMALL = WireLimits(header_bytes=4096, containers=100, payload_bytes=8 << 20)


@pytest.fixture
def pair() -> Iterator[tuple[Channel, socket.socket]]:
    """The judge's end with small limits, and the raw socket of a hostile peer."""
    ours, theirs = socket.socketpair()
    channel = Channel(ours, SMALL)
    yield channel, theirs
    channel.close()
    theirs.close()


def soon(seconds: float = 5.0) -> float:
    return time.monotonic() + seconds


def refuse(channel: Channel) -> str:
    with pytest.raises((ProtocolError, MalformedError)) as caught:
        channel.receive_value(deadline=soon())
    return str(caught.value)


@given(st.binary(max_size=200), st.booleans())
@tries()
def test_no_bytes_make_another_exception(data, framed):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(PREAMBLE.pack(MAGIC, 0, len(data), 0) + data if framed else data)
        theirs.shutdown(socket.SHUT_WR)
        channel = Channel(ours, SMALL)
        with pytest.raises((ProtocolError, MalformedError, ClosedError)):
            read_all(channel)


def read_all(channel: Channel) -> None:
    while True:
        channel.receive_value(deadline=soon())


def test_arrays_cross_inside_and_beside_the_socket(pair):
    channel, theirs = pair
    peer = Channel(theirs)
    for n in (3, INLINE // 8, INLINE // 8 + 1, 300_000):
        sent = [np.random.default_rng(n).random(n), np.arange(5, dtype=np.int8)]
        sender = threading.Thread(target=peer.send_value, args=({"n": n}, sent))
        sender.start()
        header, value = channel.receive_value(deadline=soon())
        sender.join()
        assert header == {"n": n}
        assert all(np.array_equal(a, b) for a, b in zip(sent, value, strict=True))


@pytest.mark.parametrize(
    "frame",
    [
        PREAMBLE.pack(b"MLS2", 0, 2, 0) + b"{}",
        PREAMBLE.pack(MAGIC, 2, 2, 0) + b"{}",
        PREAMBLE.pack(MAGIC, 1, 2, 8) + b"{}",  # promises a file, sends none
        PREAMBLE.pack(MAGIC, 0, 1 << 31, 0),
        PREAMBLE.pack(MAGIC, 0, 2, 4 << 30) + b"{}",
        PREAMBLE.pack(MAGIC, 0, 2, INLINE + 1) + b"{}",
        PREAMBLE.pack(MAGIC, 0, 2, 0) + b"[]",
        PREAMBLE.pack(MAGIC, 0, 4, 0) + b"null",
        PREAMBLE.pack(MAGIC, 0, 3, 0) + b"{'}",
        PREAMBLE.pack(MAGIC, 0, 2, 0) + b"\xff\xfe",
        PREAMBLE.pack(MAGIC, 0, 2000, 0) + b"[" * 2000,
        PREAMBLE.pack(MAGIC, 0, 18, 0) + b'{"value":"\\ud800"}',
        PREAMBLE.pack(MAGIC, 0, 2, 8) + b"{}" + bytes(8),  # payload that nobody names
    ],
    ids=lambda frame: repr(bytes(frame[:40])),
)
def test_refuses(pair, frame):
    channel, theirs = pair
    theirs.sendall(frame)
    refuse(channel)


def test_refuses_digits_without_end(pair):
    channel, theirs = pair
    body = b'{"value":' + b"9" * 100_000 + b"}"
    theirs.sendall(PREAMBLE.pack(MAGIC, 0, len(body), 0) + body)
    refuse(Channel(channel.sock))


def memory(size: int) -> int:
    fd = os.memfd_create("test")
    os.ftruncate(fd, size)
    return fd


def send_with(theirs: socket.socket, fds: list[int], size: int, body: bytes = b"{}", flags: int = 1) -> None:
    socket.send_fds(theirs, [PREAMBLE.pack(MAGIC, flags, len(body), size) + body], fds)
    for fd in fds:
        os.close(fd)


@pytest.mark.parametrize("kind", ["pipe", "disk", "socket", "directory", "short", "sparse", "device"])
def test_refuses_what_is_no_memory_file_of_that_size(pair, kind, tmp_path):
    channel, theirs = pair
    if kind == "pipe":
        fds = [os.pipe()[0]]
    elif kind == "disk":
        (tmp_path / "file").write_bytes(bytes(1 << 20))
        fds = [os.open(tmp_path / "file", os.O_RDONLY)]
    elif kind == "socket":
        fds = [socket.socketpair()[0].detach()]
    elif kind == "directory":
        fds = [os.open(tmp_path, os.O_RDONLY)]
    elif kind == "device":
        fds = [os.open("/dev/zero", os.O_RDONLY)]
    elif kind == "sparse":
        fds = [memory(1 << 20)]
        os.pwrite(fds[0], bytes(1 << 19), 0)
    else:
        fds = [memory((1 << 20) - 1)]
        os.pwrite(fds[0], bytes((1 << 20) - 1), 0)
    if kind == "disk" and "tmpfs" in filesystem_of(tmp_path):
        pytest.skip("the temporary folder is in memory here")
    send_with(theirs, fds, 1 << 20)
    assert "memory file" in refuse(channel)


def filesystem_of(path: Path) -> str:
    lines = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return max((line for line in lines if path.is_relative_to(line[1])), key=lambda line: len(line[1]))[2]


def test_refuses_more_files_than_one_and_keeps_none(pair):
    channel, theirs = pair
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    send_with(theirs, [memory(8), memory(8)], 8)
    refuse(channel)
    send_with(theirs, [memory(8)], 0, flags=0)
    refuse(channel)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_file_that_shrinks_while_it_is_read_is_an_error_not_a_signal(pair):
    """A mapped file would end the reader with SIGBUS; pread returns less."""
    channel, theirs = pair
    fd = memory(1 << 20)
    os.pwrite(fd, bytes(1 << 20), 0)
    body = b'{"value":{"a":["uint8",[1048576],"C"]}}'
    send_with(theirs, [os.dup(fd)], 1 << 20, body)
    header, payload = channel.receive(deadline=soon())
    os.ftruncate(fd, 100)
    with pytest.raises(ProtocolError):
        payload.read_into(np.empty(1 << 20, np.uint8), 0)
    payload.close()
    os.close(fd)
    assert header["value"] == {"a": ["uint8", [1 << 20], "C"]}


def test_a_silent_peer_is_a_timeout(pair):
    channel, theirs = pair
    with pytest.raises(TimeoutError):
        channel.receive(deadline=soon(0.05))
    theirs.sendall(PREAMBLE.pack(MAGIC, 0, 100, 0) + b"{")
    with pytest.raises(TimeoutError):
        channel.receive(deadline=soon(0.05))


def test_a_peer_that_drips_is_a_timeout(pair):
    channel, theirs = pair
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.01):
            theirs.send(b"M")

    thread = threading.Thread(target=drip)
    thread.start()
    with pytest.raises((TimeoutError, ProtocolError)):
        channel.receive(deadline=soon(0.15))
    stop.set()
    thread.join()


def test_a_peer_that_does_not_read_is_a_timeout(pair):
    channel, _ = pair
    with pytest.raises(TimeoutError):
        channel.send({"text": "x" * (8 << 20)}, deadline=soon(0.1))


def test_a_gone_peer_is_closed(pair):
    channel, theirs = pair
    theirs.close()
    with pytest.raises(ClosedError):
        channel.receive(deadline=soon())
    with pytest.raises(ClosedError):
        channel.send({}, deadline=soon())


def test_nothing_is_unpickled(pair, tmp_path):
    class Canary:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path}/canary",)

    channel, theirs = pair
    data = pickle.dumps(Canary())
    theirs.sendall(PREAMBLE.pack(MAGIC, 0, len(data), 0) + data)
    refuse(channel)
    assert not (tmp_path / "canary").exists()
