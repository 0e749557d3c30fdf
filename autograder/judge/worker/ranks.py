"""Several ranks of a student's function in the sandbox: MPI under mpirun, torch.distributed over gloo."""

from __future__ import annotations

import contextlib
import json
import os
import struct
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from autograder.judge.worker.decoding import decode
from autograder.judge.worker.exception_record import RankError, explain
from autograder.judge.worker.submission import LoadedSubmission
from autograder.judge.worker.values import aligned, encode
from autograder.judge.worker.wire import Payload

SIZES = struct.Struct("<QQ")


def join(rank: int, world: int, port: int, seconds: float) -> Any:
    """Make this process one rank of a gloo group; returns torch.distributed, as torchrun would set it up."""
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE=str(world),
        LOCAL_WORLD_SIZE=str(world),
        MASTER_ADDR="127.0.0.1",
        MASTER_PORT=str(port),
    )
    import torch
    import torch.distributed as dist

    torch.set_num_threads(max(1, (os.cpu_count() or 1) // world))
    dist.init_process_group("gloo", timeout=timedelta(seconds=seconds))
    return dist


def mpirun(
    submission: LoadedSubmission,
    n: int,
    function: str,
    args: list[Any],
    per_rank: list[tuple[Any, ...]] | None,
) -> list[Any]:
    """The values of function(MPI.COMM_WORLD, *args, *per_rank[rank]) on n ranks. Raises RankError."""
    launcher = Path(sys.executable).with_name("mpirun")
    with tempfile.TemporaryDirectory(prefix="mpi-") as name:
        folder = Path(name)
        for rank in range(n):
            dump(folder / f"in.{rank}", (list(args) + list(per_rank[rank] if per_rank else ())))
        settings = [submission.folder, submission.functions, function]
        dump(folder / "settings", settings)
        command = [str(launcher if launcher.exists() else "mpirun"), "-n", str(n), sys.executable, "-s", "-P"]
        done = subprocess.run([*command, "-m", __name__, name], stdin=subprocess.DEVNULL, check=False)
        results: list[Any] = []
        for rank in range(n):
            error = folder / f"error.{rank}"
            if error.exists():
                raise RankError(rank, load(error))
        for rank in range(n):
            out = folder / f"out.{rank}"
            if not out.exists():
                raise RankError(rank, died(rank, done.returncode))
            results.append(load(out))
        return results


def died(rank: int, code: int) -> dict[str, Any]:
    text = f"rank {rank} ended without a result (mpirun ended with {code})"
    return {"failure": "crashed", "kind": "", "kinds": [], "message": text, "traceback": ""}


def dump(path: Path, value: Any) -> None:
    """Write a value to a file; the rename makes it appear whole."""
    tree, arrays = encode(value)
    header = json.dumps(tree, ensure_ascii=False).encode()
    partial = path.with_name(path.name + ".part")
    with partial.open("wb") as file:
        file.write(SIZES.pack(len(header), sum(aligned(a.nbytes) for a in arrays)))
        file.write(header)
        for array in arrays:
            file.write(array.reshape(-1).view(np.uint8).data)
            file.write(bytes(aligned(array.nbytes) - array.nbytes))
    partial.rename(path)


def load(path: Path) -> Any:
    """Read a value that `dump` wrote. Both sides are the student's; the judge checks the value later."""
    data = path.read_bytes()
    header, size = SIZES.unpack_from(data)
    start = SIZES.size + header
    payload = Payload(size, data[start : start + size])
    return decode(json.loads(data[SIZES.size : start]), payload.read_into, size)


def main() -> None:
    """One MPI rank: `mpirun -n N python -m autograder.judge.worker.ranks FOLDER`."""
    from mpi4py import MPI

    comm, folder = MPI.COMM_WORLD, Path(sys.argv[1])
    submission_folder, functions, name = load(folder / "settings")
    submission = LoadedSubmission(submission_folder, functions)
    try:
        value = submission.function(name)(comm, *load(folder / f"in.{comm.rank}"))
        dump(folder / f"out.{comm.rank}", value)
    except BaseException as error:
        with contextlib.suppress(BaseException):
            dump(folder / f"error.{comm.rank}", explain(error, submission))
        comm.Abort(1)


if __name__ == "__main__":
    main()
