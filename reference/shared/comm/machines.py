"""Ranks on several machines: mpirun with a host file, or torchrun on each machine."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import psutil

ROOT = str(Path(__file__).parents[3])
ENDED_BY_TIME = 124  # as `timeout` of GNU coreutils


def across_machines(
    script: str,
    arguments: list[str],
    ranks: int,
    *,
    hostfile: Path | None = None,
    nnodes: int = 1,
    rdzv: str = "",
    timeout: float = 600.0,
) -> int:
    """Run a script on several machines; returns the exit code, 124 if the time was over.

    hostfile: lines like "host:2"; mpirun starts `ranks` ranks in all over ssh. Else torchrun starts `ranks` ranks on
    this machine, which meets the `nnodes` - 1 others at `rdzv`. Every machine needs the course at the same path.
    Raises ValueError.
    """
    command = mpi_command(hostfile, ranks) if hostfile is not None else torch_command(nnodes, rdzv, ranks)
    environ = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([ROOT, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
    }
    if hostfile is None:
        host, port = rdzv.split(":")
        environ.setdefault("GLOO_SOCKET_IFNAME", interface(own_address(host, int(port))))
        environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // ranks)))
    process = subprocess.Popen([*command, script, *arguments], env=environ)
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        print(f"the ranks did not end within {timeout:g} s", file=sys.stderr)
        return ENDED_BY_TIME
    finally:
        if process.poll() is None:
            process.terminate()  # both launchers end their ranks
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def mpi_command(hostfile: Path, ranks: int) -> list[str]:
    """The command line of mpirun, up to the script."""
    if not hostfile.is_file():
        raise ValueError(f"there is no file {hostfile}\n  expected: one machine a line, like node1:2")
    beside = Path(sys.executable).with_name("mpirun")
    launcher = str(beside) if beside.exists() else "mpirun"
    return [launcher, "-prepend-rank", "-hostfile", str(hostfile), "-n", str(ranks), sys.executable]


def torch_command(nnodes: int, rdzv: str, ranks: int) -> list[str]:
    """The command line of torchrun, up to the script.

    torchrun finds out by names of hosts who is the meeting point, which fails on machines that have several names.
    The addresses decide here.
    """
    if not re.fullmatch(r"[^\s:]+:\d+", rdzv):
        raise ValueError(f"expected --rdzv HOST:PORT with --nnodes, got {rdzv!r}\n  try: --rdzv node1:29500")
    host, port = rdzv.split(":")
    own = own_address(host, int(port))
    meet = f"--rdzv-conf=is_host={int(own == resolved(host))}"
    where = ["--rdzv-backend=c10d", f"--rdzv-endpoint={rdzv}", "--rdzv-id=mlsys", meet, f"--local-addr={own}"]
    size = [f"--nnodes={nnodes}", f"--nproc-per-node={ranks}"]
    return [sys.executable, "-m", "torch.distributed.run", *size, *where]


def resolved(host: str) -> str:
    """The IPv4 address of a host. Raises ValueError."""
    try:
        return socket.gethostbyname(host)
    except OSError:
        raise ValueError(
            f"expected a host that this machine can find, got {host}\n  try: its address"
        ) from None


def own_address(host: str, port: int) -> str:
    """The address of this machine in the network that leads to a host. Raises ValueError."""
    address = resolved(host)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:  # nothing is sent
        try:
            sock.connect((address, port))
        except OSError as error:
            raise ValueError(f"this machine cannot reach {host}: {error.strerror}") from None
        return sock.getsockname()[0]


def interface(address: str) -> str:
    """The name of the network interface with an address of this machine; "" if there is none."""
    for name, addresses in psutil.net_if_addrs().items():
        if any(each.address == address for each in addresses):
            return name
    return ""
