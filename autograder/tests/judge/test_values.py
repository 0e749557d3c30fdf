"""Values on the wire: what crosses comes out equal, what may not cross is refused on either side."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.judge.worker import decoding
from autograder.judge.worker.decoding import decode
from autograder.judge.worker.values import DTYPES, MalformedError, UnsupportedError, aligned, encode


def cross(value: object) -> object:
    """Encode, go through JSON and bytes, and decode."""
    tree, arrays = encode(value)
    payload = b"".join(a.tobytes().ljust(aligned(a.nbytes), b"\0") for a in arrays)
    return decode(json.loads(json.dumps(tree)), reader(payload), len(payload))


def reader(payload: bytes):
    def read(array: np.ndarray, offset: int) -> None:
        array.reshape(-1).view(np.uint8).data[:] = payload[offset : offset + array.nbytes]

    return read


arrays = hnp.arrays(
    st.sampled_from(list(DTYPES.values())), hnp.array_shapes(min_dims=0, min_side=0, max_dims=4)
)
plain = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers()
)
trees = st.recursive(
    plain | arrays,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(-(2**60), 2**60), inner, max_size=4)
    ),
    max_leaves=12,
)


def same(a: object, b: object) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return repr(a) == repr(b)  # NaN, and the sign of zero


@given(trees)
def test_everything_that_crosses_comes_out_equal(value):
    assert same(cross(value), value)


def test_order_and_scalars_survive():
    fortran = cross(np.asfortranarray(np.arange(6.0).reshape(2, 3)))
    assert isinstance(fortran, np.ndarray)
    assert fortran.flags.f_contiguous
    assert not fortran.flags.c_contiguous
    assert type(cross(np.float32(1.5))) is np.float32
    assert same(cross(np.arange(8)[::2]), np.arange(0, 8, 2))


def test_torch_tensors_cross():
    torch = pytest.importorskip("torch")
    for dtype in (torch.float32, torch.bfloat16, torch.int64, torch.bool):
        tensor = torch.ones(2, 3, dtype=dtype)
        found = cross(tensor)
        assert found.dtype == dtype  # type: ignore[attr-defined]
        assert torch.equal(found, tensor)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedError):
        encode(torch.nn.Parameter(torch.ones(1)))


class Liar:
    __array__ = __float__ = __index__ = lambda *_: 1 / 0
    __eq__ = lambda *_: True  # noqa: E731
    __hash__ = None  # type: ignore[assignment]


class Sneaky(np.ndarray):
    __eq__ = lambda *_: True  # noqa: E731


class Int(int):
    pass


@pytest.mark.parametrize(
    "value",
    [
        Liar(),
        np.ones(2).view(Sneaky),
        np.ma.masked_array([1.0]),
        np.matrix([[1.0]]),
        Int(3),
        {1.5: 1},
        {2**61 - 1: 1},  # its hash is that of 0
        {("a",): 1},
        {1, 2},
        lambda: 1,
        object(),
        "\ud800",
        range(3),
        [[Liar()]],
    ],
)
def test_refuses_what_could_lie(value):
    with pytest.raises(UnsupportedError):
        encode(value)


def test_refuses_dtypes_that_are_no_numbers():
    for array in (np.array([None]), np.array(["a"]), np.array([1.0], ">f8"), np.zeros(2, "i4,f4")):
        with pytest.raises(UnsupportedError) as caught:
            encode(array)
        assert caught.value.dtype


def test_refuses_a_loop():
    loop: list = []
    loop.append(loop)
    with pytest.raises(UnsupportedError):
        encode(loop)


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"t": [], "d": []},
        {"x": 1},
        {"t": 1},
        {"d": [[1.5, 1]]},
        {"d": [[1]]},
        {"d": [[(1 << 61) - 1, 1]]},
        {"c": [1, 2]},
        {"b": "zz"},
        {"b": 1},
        {"s": ["float32", "00"]},
        {"s": ["bool", "07"]},
        {"s": ["object", "00"]},
        {"a": ["float32", [3]]},
        {"a": ["float32", [3], "K"]},
        {"a": ["O", [3], "C"]},
        {"a": ["float32", [-1], "C"]},
        {"a": ["float32", [True], "C"]},
        {"a": ["float32", [1.0], "C"]},
        {"a": ["float64", [1 << 40], "C"]},
        {"a": ["float64", [1 << 47, 0, 1 << 47], "C"]},
        {"a": ["int8", [0] * 17, "C"]},
        {"a": [["float32"], [1], "C"]},
        {"T": ["float99", [1]]},
        {"__class__": "os.system"},
        "\ud800",
        json.loads("[" * 100 + "]" * 100),
    ],
)
def test_refuses_a_tree_that_no_encoder_makes(tree):
    with pytest.raises(MalformedError):
        decode(tree, reader(bytes(64)), 64)


def test_refuses_payload_that_nobody_names():
    with pytest.raises(MalformedError):
        decode(None, reader(bytes(64)), 64)


def test_refuses_booleans_that_are_neither():
    with pytest.raises(MalformedError):
        decode({"a": ["bool", [1], "C"]}, reader(b"\7".ljust(64, b"\0")), 64)


def test_counts_nodes(monkeypatch):
    monkeypatch.setattr(decoding, "MAX_NODES", 10)
    with pytest.raises(MalformedError):
        decode([[1]] * 20, reader(b""), 0)


json_trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("tdcbsaTx"), inner, max_size=2)
    ),
    max_leaves=20,
)


@given(json_trees, st.integers(0, 256))
def test_any_json_gives_a_value_or_malformed(tree, size):
    """No other exception, and no memory beyond the payload."""
    try:
        value = decode(tree, reader(bytes(size)), size)
    except MalformedError:
        return
    encode(value)
