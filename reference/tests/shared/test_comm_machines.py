"""Two network namespaces as two machines, joined by a link of 200 Mbit/s: mpirun with a host file, and torchrun."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reference.shared.comm.machines import across_machines, interface, own_address

ROOT = Path(__file__).parents[3]
RATE = 200e6  # bit/s
BYTES = 4 << 20
NAMES = ("mlsys-one", "mlsys-two")
ADDRESSES = ("10.77.0.1", "10.77.0.2")

SCRIPT = """
import time
import numpy as np
from reference.shared.comm import world
comm = world()
x = np.full({bytes} // 4, comm.rank, "f4")
best = 9.0
for _ in range(3):
    comm.barrier()
    start = time.perf_counter()
    comm.send(x, 1) if comm.rank == 0 else comm.recv(x, 0)
    comm.barrier()
    best = min(best, time.perf_counter() - start)
if comm.rank == 1:
    assert (x == 0).all()
    print(f"seconds={{best}}", flush=True)
"""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=20)


@pytest.fixture
def two_machines() -> Iterator[None]:
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("tc"):
        pytest.skip("network namespaces need root and the programs ip and tc")
    try:
        for name in NAMES:
            ip("netns", "add", name)
        ip("link", "add", "wire1", "netns", NAMES[0], "type", "veth", "peer", "wire2", "netns", NAMES[1])
        for name, wire, address in zip(NAMES, ("wire1", "wire2"), ADDRESSES, strict=True):
            ip("-n", name, "addr", "add", f"{address}/24", "dev", wire)
            ip("-n", name, "link", "set", wire, "up")
            ip("-n", name, "link", "set", "lo", "up")
            limit = ["tbf", "rate", "200mbit", "burst", "64kb", "latency", "100ms"]
            words = ["ip", "netns", "exec", name, "tc", "qdisc", "add", "dev", wire, "root", *limit]
            subprocess.run(words, check=True, capture_output=True, timeout=20)
    except (subprocess.CalledProcessError, OSError) as error:
        remove()
        pytest.skip(f"this system allows no network namespaces or no tbf: {getattr(error, 'stderr', error)}")
    yield
    remove()


def remove() -> None:
    for name in NAMES:
        subprocess.run(["ip", "netns", "delete", name], capture_output=True, timeout=20)


def seconds_of(output: str) -> float:
    found = re.findall(r"seconds=([\d.e-]+)", output)
    assert len(found) == 1, output
    return float(found[0])


@pytest.mark.exhaustive  # some ten seconds
@pytest.mark.alone  # it measures the link
@pytest.mark.usefixtures("two_machines")
def test_a_message_takes_the_time_of_the_link(tmp_path: Path):
    script = tmp_path / "send.py"
    script.write_text(SCRIPT.format(bytes=BYTES))
    expected = 8 * BYTES / RATE

    hosts = tmp_path / "hosts"
    hosts.write_text("".join(f"{address}:1\n" for address in ADDRESSES))
    shell = tmp_path / "shell"  # in place of ssh: HOST COMMAND
    shell.write_text(
        f'#!/bin/sh\nwhile [ "${{1#-}}" != "$1" ]; do shift; done\nshift\nexec ip netns exec {NAMES[1]} sh -c "$*"\n'
    )
    shell.chmod(0o755)
    # Without UCX_TLS, MPICH copies from the memory of the other process: both "machines" have one kernel.
    environ = {
        **os.environ,
        "HYDRA_LAUNCHER": "ssh",
        "HYDRA_LAUNCHER_EXEC": str(shell),
        "UCX_TLS": "tcp,self",
    }
    inside = ["ip", "netns", "exec"]
    run = [str(ROOT / "mlsys"), "run", "--timeout", "60"]
    words = [*inside, NAMES[0], *run, "-n", "2", "--hostfile", str(hosts), str(script)]
    done = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 0.8 * expected < seconds_of(done.stdout) < 2 * expected

    words = [*run, "-n", "1", "--nnodes", "2", "--rdzv", f"{ADDRESSES[0]}:29517", str(script)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    both = [subprocess.Popen([*inside, name, *words], **pipes) for name in NAMES]
    outputs = [process.communicate(timeout=90)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert 0.8 * expected < seconds_of("".join(outputs)) < 2 * expected


@pytest.mark.exhaustive  # torchrun imports torch three times; the test above runs it too
def test_torchrun_on_one_machine(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    script = tmp_path / "hello.py"
    script.write_text(
        "from reference.shared.comm import world\ncomm = world()\ncomm.barrier()\nprint('size', comm.size)"
    )
    with_port = f"127.0.0.1:{free_port()}"
    assert across_machines(str(script), [], 2, rdzv=with_port, timeout=90) == 0
    assert capfd.readouterr().out.count("size 2") == 2


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def test_the_address_towards_a_host():
    assert own_address("127.0.0.1", 80) == "127.0.0.1"
    if sys.platform == "linux":
        assert interface("127.0.0.1") == "lo"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rdzv": "node1"}, "expected --rdzv HOST:PORT"),
        ({"rdzv": "no.such.host.invalid:1"}, "a host that this machine can find"),
        ({"hostfile": Path("/nowhere")}, "there is no file /nowhere"),
    ],
)
def test_bad_machines(change: dict, said: str):
    with pytest.raises(ValueError, match=said):
        across_machines("x.py", [], 2, **change)
