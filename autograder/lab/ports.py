"""Find a free port for JupyterLab."""

from __future__ import annotations

import socket

from autograder.core.units import CourseError

FIRST_PORT = 8888
PORTS_TRIED = 20


def choose_port(wanted: int | None) -> int:
    """`wanted`, or the first free port from 8888 on. Raises CourseError if `wanted` is in use."""
    if wanted is not None:
        if not is_free(wanted):
            raise CourseError(
                f"port {wanted} is in use\n"
                "  expected: a free port\n"
                "  to fix: stop the program that uses it, or leave --port out to get a free one"
            )
        return wanted
    for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        if is_free(port):
            return port
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
