"""own: frames made by hand. The reply of a call is the submission's to write; the judge believes none of it."""

from __future__ import annotations

import pytest

from autograder.core.result import Status
from autograder.tests.adversarial.arena import Arena, Attack
from autograder.tests.judge.small_course import CHECK
from reference.tests.effort import one_of_each

RAW = """
import json, mmap, os, socket, struct, sys, threading, time
import numpy as np
def ident():
    frame = sys._getframe(1)
    while "request" not in frame.f_locals: frame = frame.f_back
    return frame.f_locals["request"]["id"]
def send(header, size=0, fds=(), payload=b"", flags=None):
    body = header if type(header) is bytes else json.dumps({**header, "id": ident()}).encode()
    data = struct.pack("<4sIIQ", b"MLS1", len(fds) if flags is None else flags, len(body), size) + body + payload
    socket.send_fds(socket.socket(fileno=os.dup(3)), [data], list(fds))
def memory(size, fill=b""):
    fd = os.memfd_create("x", os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    os.pwrite(fd, fill, 0)
    return fd
"""
WRONG = (Status.PROTOCOL_ERROR, Status.FAILED, Status.TYPE_ERROR)
REPLIES = {
    # shapes and types that no encoder writes
    "a negative shape": Attack(
        "send({'value': {'a': ['float64', [-2, -3], 'C']}}, 64, payload=bytes(64))", WRONG, "shape"
    ),
    "a shape of booleans": Attack(
        "send({'value': {'a': ['bool', [True], 'C']}}, 64, payload=bytes(64))", WRONG, "shape"
    ),
    "a shape beyond the payload": Attack(
        "send({'value': {'a': ['float64', [1 << 46], 'C']}})", WRONG, "larger"
    ),
    "a shape whose product wraps": Attack(
        "send({'value': {'a': ['float64', [1 << 32, 1 << 32, 0], 'C']}})", WRONG, "larger than"
    ),
    "strides": Attack(
        "send({'value': {'a': ['float64', [2, 3], 'C', [0, 0]]}}, 64, payload=bytes(64))", WRONG, "list"
    ),
    "an object dtype": Attack(
        "send({'value': {'a': ['object', [1], 'C']}}, 64, payload=bytes(64))", WRONG, "dtype"
    ),
    "a structured dtype": Attack(
        "send({'value': {'a': [[['x', 'f8']], [1], 'C']}}, 64, payload=bytes(64))", WRONG, "dtype"
    ),
    "a dtype by its Python name": Attack("send({'value': {'a': ['os.system', [1], 'C']}})", WRONG, "dtype"),
    # values that would be the judge's own words
    "a verdict": Attack("send({'status': 'passed', 'points': 1, 'value': None})", WRONG, "neither"),
    "a verdict as a failure": Attack("send({'failure': 'passed'})", WRONG, "neither"),
    "a failure of the grader": Attack(
        "send({'failure': 'infra_error', 'message': 'oops'})", WRONG, "neither"
    ),
    "a skip": Attack("send({'failure': 'skipped', 'message': 'oops'})", WRONG, "neither"),
    "a message that is no text": Attack(
        "send({'failure': 'error', 'message': {'x': 1}, 'kinds': 3})", Status.ERROR
    ),
    "a status of the operating system": Attack("send({'exits': [0]})", WRONG, "neither"),
    # work for the judge's processor and memory
    "keys of one hash": Attack(
        "send({'value': {'d': [[i * (2**61 - 1), 0] for i in range(150000)]}})", WRONG, "key"
    ),
    "a million containers": Attack("send({'value': [[] for _ in range(10**6)]})", WRONG, "containers"),
    "a number of a million digits": Attack("send(b'{\"value\":' + b'9' * 10**6 + b'}')", WRONG, "not JSON"),
    "sixteen megabytes of zeros": Attack("send({'value': [0] * (5 * 10**6)})", WRONG),
    "a number beyond all floats": Attack(
        'send(b\'{"value":1e999,"id":"\' + ident().encode() + b\'"}\')', Status.TYPE_ERROR
    ),
    # descriptors
    "a pipe": Attack("send({'value': 1}, 8, [os.pipe()[0]])", WRONG, "memory file"),
    "a device": Attack("send({'value': 1}, 8, [os.open('/dev/zero', 0)])", WRONG, "memory file"),
    "the socket itself": Attack("send({'value': 1}, 8, [3])", WRONG, "memory file"),
    "a folder": Attack("send({'value': 1}, 8, [os.open('/', 0)])", WRONG, "memory file"),
    "a sparse file": Attack(
        "send({'value': {'a': ['uint8', [1 << 26], 'C']}}, 1 << 26, [memory(1 << 26)])", WRONG, "memory file"
    ),
    "a short file": Attack(
        "send({'value': {'a': ['uint8', [4096], 'C']}}, 4096, [memory(4095)])", WRONG, "memory file"
    ),
    "many files": Attack(
        "send({'value': 1}, 8, [memory(8) for _ in range(200)], flags=1)", WRONG, "not a frame"
    ),
    "an unused file": Attack("send({'value': 1}, 0, [memory(8)], flags=0)", WRONG, "not a frame"),
    "a file with a hole of 128 MB": Attack(
        "send({'value': {'a': ['uint8', [1 << 27], 'C']}}, 1 << 27, [memory(1 << 27)])",
        WRONG,
        "not a memory file with as many bytes",
    ),
    "a file that grows beyond every limit": Attack(
        "fd = memory(64); os.ftruncate(fd, 1 << 29)\n  send({'value': 1}, 1 << 45, [fd])",
        WRONG,
        "over the limit",
    ),
    "a file that shrinks while it is read": Attack(
        "fd = memory(1 << 27)\n"
        "  threading.Thread(target=lambda: [os.ftruncate(fd, n % 2 << 27) for n in range(10**5)], daemon=True).start()"
        "\n  send({'value': {'a': ['uint8', [1 << 27], 'C']}}, 1 << 27, [fd])\n  time.sleep(1)",
        WRONG,
    ),
}


@pytest.mark.parametrize(
    "name",
    one_of_each(
        REPLIES,
        "a negative shape",
        "an object dtype",
        "a verdict",
        "keys of one hash",
        "a pipe",
        "an unused file",
        "a file that grows beyond every limit",
    ),
)
def test_a_reply_made_by_hand(arena: Arena, name: str):
    attack = REPLIES[name]
    result = arena.small(f"{RAW}\ndef add(a, b):\n  {attack.code}\n  time.sleep(3)\n  return a - b")
    assert result.points == 0
    attack.meets(result.tests[0])


TWICE = (
    CHECK + "def test_one(student):\n  assert [student.call('add', i, 1) for i in range(3)] == [1, 2, 3]\n"
)
SECOND = {
    "two replies for a call": ("send({'value': a + b})\n  return a + b", Status.PROTOCOL_ERROR),
    "a reply before it is asked": (
        'send(b\'{"value":2,"id":"0000000000000000"}\')\n  return a + b',
        Status.PROTOCOL_ERROR,
    ),
    "half a reply, then another": (
        "os.write(3, struct.pack('<4sIIQ', b'MLS1', 0, 9, 0)); return a + b",
        Status.PROTOCOL_ERROR,
    ),
    "a child that answers too": (
        "os.fork()\n  return a + b",
        (Status.PROTOCOL_ERROR, Status.CRASHED, Status.PASSED),
    ),
}


@pytest.mark.parametrize("name", one_of_each(SECOND, "two replies for a call"))
def test_an_answer_names_its_question(arena: Arena, name: str):
    code, status = SECOND[name]
    Attack(code, status).meets(arena.one(f"{RAW}\ndef add(a, b):\n  {code}", TWICE))


KEEPING = CHECK + (
    "def test_one(student):\n  _, after = student.call_keeping('add', 1, 2)\n  assert after == [1, 2]\n"
)


@pytest.mark.parametrize(
    "value",
    one_of_each(
        ["3", "{'t': [3]}", "{'t': [3, [1]]}", "[3, [1, 2]]", "{'t': [3, {'t': [1, 2]}]}"], "{'t': [3, [1]]}"
    ),
)
def test_arguments_that_do_not_come_back(arena: Arena, value: str):
    test = arena.one(f"{RAW}\ndef add(a, b):\n  send({{'value': {value}}})\n  time.sleep(2)", KEEPING)
    assert test.status is Status.PROTOCOL_ERROR


def test_a_forged_number_of_ranks(arena: Arena):
    checks = CHECK + "def test_one(student):\n  assert student.mpirun(2, 'add') == [0, 1]\n"
    code = f"{RAW}\nimport subprocess\ndef add(comm): return comm.rank\n" + (
        "import autograder.judge.worker.ranks as ranks\nranks.mpirun = lambda *_: [0, 1, 2]\n"
    )
    limits = {"wall_seconds": 30, "processes": 64}
    assert arena.one(code, checks, **limits).passed  # the launcher runs before the submission is imported
    patched = f"{RAW}\ndef add(comm):\n  os._exit(0)\n"
    assert arena.one(patched, checks, **limits).status in (Status.CRASHED, Status.PROTOCOL_ERROR)


def test_two_long_texts_that_differ_are_not_explained(arena: Arena):
    """own: what pytest says of `assert a == b` with texts of many lines would take the judge hours."""
    checks = (
        CHECK + "def test_one(student):\n  assert student.call('add') == '\\n'.join(map(str, range(3000)))\n"
    )
    test = arena.one("def add(): return '\\n'.join(f'{i} {i}' for i in range(200_000))", checks)
    assert test.status is Status.FAILED
    assert len(test.feedback.message) < 5000
