"""Frames over a Unix socket: a fixed preamble, a JSON header, and array bytes beside it.

    preamble   magic "MLS1", flags (1 = the payload is a file descriptor), header bytes, payload bytes
    header     JSON in UTF-8
    payload    small: the bytes themselves; large: a memory file whose descriptor came with the preamble

A receiver that does not trust its peer gives limits and a deadline; every number is checked before memory
is taken, and a memory file is copied with pread: mapping it would let the peer shrink it under the reader.
"""

from __future__ import annotations

import array as arrays_module
import json
import os
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.judge.worker import memfile
from autograder.judge.worker.decoding import decode
from autograder.judge.worker.values import aligned, encode, payload_size

PREAMBLE = struct.Struct("<4sIIQ")
MAGIC = b"MLS1"
CREDENTIALS = struct.Struct("3i")  # process, user, group
SCM_CREDENTIALS = getattr(socket, "SCM_CREDENTIALS", -1)
INLINE = 64 << 10  # bytes of payload that travel in the socket itself
NOSIGNAL = getattr(socket, "MSG_NOSIGNAL", 0)
CLOEXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class ProtocolError(Exception):
    """An invalid frame from the peer."""


class ClosedError(Exception):
    """The peer's end of the socket is closed."""


@dataclass(frozen=True)
class WireLimits:
    """The limits of a receiver."""

    header_bytes: int = 16 << 20
    containers: int = 400_000  # "[" and "{" in a header: each costs far more memory than its character
    payload_bytes: int = 1 << 30


class Payload:
    """The bytes beside a header, until they are copied into arrays."""

    def __init__(self, size: int, data: bytes | bytearray = b"", fd: int | None = None) -> None:
        self.size, self.data, self.fd = size, data, fd

    def read_into(self, array: np.ndarray, offset: int) -> None:
        """Fill a contiguous array from the payload. Raises ProtocolError when the file is too short."""
        target = array.reshape(-1).view(np.uint8).data
        if self.fd is None:
            target[:] = memoryview(self.data)[offset : offset + len(target)]
        elif not memfile.read(self.fd, target, offset):
            raise ProtocolError("a payload shorter than its header says")

    def close(self) -> None:
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


class Channel:
    """One end of a socket that carries frames."""

    def __init__(self, sock: socket.socket, limits: WireLimits | None = None) -> None:
        self.sock = sock
        self.limits = limits or WireLimits()
        self.peer = 0  # the sender's process, when the socket passes credentials
        self._file = memfile.MemoryFile()
        self._memory = memfile.Recycler()

    def close(self) -> None:
        self.sock.close()
        self._file.close()

    def send(
        self, header: dict[str, Any], arrays: Sequence[np.ndarray] = (), *, deadline: float | None = None
    ) -> None:
        """Send one frame. Raises TimeoutError after `deadline` (time.monotonic), ClosedError, ValueError."""
        body = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        size = payload_size(list(arrays))
        if size <= INLINE:
            padded = [b.tobytes() + bytes(aligned(b.nbytes) - b.nbytes) for b in arrays]
            self._write([PREAMBLE.pack(MAGIC, 0, len(body), size), body, *padded], None, deadline)
            return
        # One file serves every frame of this end. Its reader has copied the last frame before the next one.
        self._file.reserve(size)
        offset = 0
        for array in arrays:
            self._file.write(array, offset)
            offset += aligned(array.nbytes)
        self._write([PREAMBLE.pack(MAGIC, 1, len(body), size), body], self._file.fd, deadline)

    def send_value(self, header: dict[str, Any], value: Any, *, deadline: float | None = None) -> None:
        """Send `value` as header["value"]. Raises UnsupportedError for a value that may not cross."""
        tree, arrays = encode(value)
        self.send({**header, "value": tree}, arrays, deadline=deadline)

    def receive(self, *, deadline: float | None = None) -> tuple[dict[str, Any], Payload]:
        """The next frame. Raises ProtocolError, ClosedError, or TimeoutError after `deadline`."""
        fds: list[int] = []
        try:
            preamble = self._read(PREAMBLE.size, deadline, fds)
            magic, flags, header_bytes, payload_bytes = PREAMBLE.unpack(preamble)
            if magic != MAGIC or flags not in (0, 1) or flags != len(fds):
                raise ProtocolError("not a frame")
            if header_bytes > self.limits.header_bytes or payload_bytes > self.limits.payload_bytes:
                raise ProtocolError(f"a frame of {header_bytes} + {payload_bytes} bytes is over the limit")
            if flags == 0 and payload_bytes > INLINE:
                raise ProtocolError("a large payload outside a memory file")
            header = parse(self._read(header_bytes, deadline, None), self.limits)
            if flags == 0:
                return header, Payload(payload_bytes, self._read(payload_bytes, deadline, None))
            if not memfile.is_memory_file(fds[0], payload_bytes):
                raise ProtocolError(
                    "a payload that is not a memory file with as many bytes as its header says"
                )
            return header, Payload(payload_bytes, fd=fds.pop())
        finally:
            for fd in fds:
                os.close(fd)

    def receive_value(self, *, deadline: float | None = None) -> tuple[dict[str, Any], Any]:
        """The next frame and its value, if it has one. Raises MalformedError too."""
        header, payload = self.receive(deadline=deadline)
        try:
            value = decode(header.pop("value", None), payload.read_into, payload.size, self._memory.empty)
        finally:
            payload.close()
        return header, value

    def _wait(self, deadline: float | None) -> None:
        if deadline is None:
            self.sock.settimeout(None)
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)

    def _write(self, parts: list[bytes], fd: int | None, deadline: float | None) -> None:
        data = memoryview(b"".join(parts))
        rights = (
            [(socket.SOL_SOCKET, socket.SCM_RIGHTS, arrays_module.array("i", [fd]))] if fd is not None else []
        )
        try:
            while data:
                self._wait(deadline)
                sent = self.sock.sendmsg([data], rights, NOSIGNAL)
                data, rights = data[sent:], []
        except (BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
            raise ClosedError from None
        except BlockingIOError:
            raise TimeoutError from None

    def _read(self, size: int, deadline: float | None, fds: list[int] | None) -> bytearray:
        """Exactly `size` bytes; descriptors are kept when `fds` is a list, else the kernel drops them."""
        data = bytearray(size)
        view = memoryview(data)
        room = socket.CMSG_SPACE(4 * 4) + socket.CMSG_SPACE(CREDENTIALS.size) if fds is not None else 0
        try:
            while view:
                self._wait(deadline)
                count, ancillary, _, _ = self.sock.recvmsg_into([view], room, CLOEXEC)
                for level, kind, raw in ancillary:
                    if fds is not None and (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                        fds.extend(arrays_module.array("i", raw[: len(raw) // 4 * 4]))
                    if (level, kind) == (socket.SOL_SOCKET, SCM_CREDENTIALS):
                        self.peer = CREDENTIALS.unpack(raw[: CREDENTIALS.size])[0]
                if count == 0:
                    raise ClosedError
                view = view[count:]
        except (ConnectionResetError, ConnectionAbortedError):
            raise ClosedError from None
        except BlockingIOError:
            raise TimeoutError from None
        return data


def parse(body: bytearray, limits: WireLimits) -> dict[str, Any]:
    """The header as a dict. Raises ProtocolError."""
    if body.count(b"[") + body.count(b"{") > limits.containers:
        raise ProtocolError("a header with too many containers")
    try:
        header = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise ProtocolError("a header that is not JSON") from None
    if type(header) is not dict:
        raise ProtocolError("a header that is not an object")
    return header
