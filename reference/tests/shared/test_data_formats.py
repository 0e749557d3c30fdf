"""MNIST and CIFAR-10: their published formats, and what is said when they cannot be had."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from reference.shared.data import datasets as data
from reference.tests.shared.fileserver import FileServer, running_server

CLOSED = "http://127.0.0.1:9/"  # the discard port: nobody listens


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with running_server() as running:
        yield running


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20201)


def publish(server: FileServer, name: str, content: bytes) -> data.RemoteFile:
    server.files[f"/{name}"] = content
    return data.RemoteFile(name, len(content), hashlib.sha256(content).hexdigest(), (server.url(f"/{name}"),))


def idx(array: np.ndarray) -> bytes:
    header = bytes((0, 0, 8, array.ndim)) + np.asarray(array.shape, ">u4").tobytes()
    return gzip.compress(header + array.astype(np.uint8).tobytes())


def cifar_archive(batches: dict[str, np.ndarray]) -> bytes:
    """A tar.gz laid out like the published one, with records (label, 3072 pixel bytes)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, records in batches.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = records.nbytes
            archive.addfile(member, io.BytesIO(records.tobytes()))
    return out.getvalue()


def cifar_records(rng: np.random.Generator, count: int) -> np.ndarray:
    records = rng.integers(0, 256, (count, 3073), np.uint8)
    records[:, 0] %= 10
    return records


def test_mnist_is_read_from_idx_files(server: FileServer, tmp_path: Path, rng: np.random.Generator):
    arrays = [rng.integers(0, 256, (12, 28, 28)), rng.integers(0, 10, 12)]
    arrays += [rng.integers(0, 256, (5, 28, 28)), rng.integers(0, 10, 5)]
    files = tuple(publish(server, f"part{i}.gz", idx(array)) for i, array in enumerate(arrays))
    loaded = data.mnist(folder=tmp_path, files=files)
    assert np.array_equal(loaded.train.images, arrays[0])
    assert np.array_equal(loaded.train.labels, arrays[1])
    assert np.array_equal(loaded.test.images, arrays[2])
    assert np.array_equal(loaded.test.labels, arrays[3])
    assert loaded.classes[7] == "7"


@pytest.mark.parametrize("labels", [np.zeros(11), np.full(12, 10)])
def test_mnist_labels_must_fit(server: FileServer, tmp_path: Path, labels: np.ndarray):
    images = np.zeros((12, 28, 28))
    files = tuple(publish(server, f"p{i}.gz", idx(a)) for i, a in enumerate((images, labels, images, labels)))
    with pytest.raises(data.DataError, match="expected 12 labels from 0 to 9"):
        data.mnist(folder=tmp_path, files=files)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not gzip", "is damaged"),
        (idx(np.zeros((3, 4, 5)))[:-9], "is damaged"),
        (idx(np.zeros(7)), "expected the IDX header 00 00 08 03, got 00 00 08 01"),
        (
            gzip.compress(bytes((0, 0, 8, 3)) + np.array([9, 9, 9], ">u4").tobytes() + b"short"),
            r"of the shape \(9, 9, 9\)",
        ),
        (gzip.compress(b"\0"), "expected the IDX header"),
        (gzip.compress(bytes((0, 0, 8, 3)) + b"\xff" * 12), "got 0 bytes"),
    ],
    # The bytes themselves would be other names every second: gzip writes the time.
    ids=["no gzip", "cut off", "labels", "too short", "no header", "too large"],
)
def test_a_broken_idx_file_is_named(tmp_path: Path, content: bytes, message: str):
    (tmp_path / "broken.gz").write_bytes(content)
    with pytest.raises(data.DataError, match=message):
        data.read_idx(tmp_path / "broken.gz", 3)


def test_cifar10_is_read_from_its_binary_archive(
    server: FileServer, tmp_path: Path, rng: np.random.Generator
):
    names = [f"data_batch_{i}.bin" for i in (3, 1, 2, 5, 4)] + ["test_batch.bin"]  # in any order
    batches = {name: cifar_records(rng, 2) for name in names}
    file = publish(
        server, "cifar.tar.gz", cifar_archive({"batches.meta.txt": np.zeros(9, np.uint8), **batches})
    )
    loaded = data.cifar10(folder=tmp_path, file=file)
    assert loaded.train.images.shape == (10, 32, 32, 3)
    second = batches["data_batch_2.bin"][1]
    assert loaded.train.labels[3] == second[0]
    for channel in range(3):
        plane = second[1 + 1024 * channel : 1 + 1024 * (channel + 1)].reshape(32, 32)
        assert np.array_equal(loaded.train.images[3, :, :, channel], plane)
    assert np.array_equal(loaded.test.labels, batches["test_batch.bin"][:, 0])


def test_a_cifar_archive_of_another_kind_is_named(
    server: FileServer, tmp_path: Path, rng: np.random.Generator
):
    good = cifar_records(rng, 1)
    for name, batches, message in [
        ("python.tar.gz", {"data_batch_1": good}, "expected the binary version, found no data_batch_1.bin"),
        (
            "short.tar.gz",
            {"data_batch_1.bin": good[:, :-1].copy()},
            "expected records of 3073 bytes, got 3072",
        ),
        (
            "label.tar.gz",
            {"data_batch_1.bin": np.full((1, 3073), 10, np.uint8)},
            "labels from 0 to 9, got 10",
        ),
    ]:
        with pytest.raises(data.DataError, match=message):
            data.cifar10(folder=tmp_path, file=publish(server, name, cifar_archive(batches)))
    with pytest.raises(data.DataError, match="is damaged"):
        data.cifar10(folder=tmp_path, file=publish(server, "cut.tar.gz", cifar_archive({"a": good})[:-40]))


@pytest.mark.parametrize("load", [data.mnist, data.cifar10])
def test_without_a_network_one_sentence_says_what_to_do(load, tmp_path: Path):
    kind = "files" if load is data.mnist else "file"
    offline = data.RemoteFile("some-file.gz", 10, "0" * 64, (CLOSED,))
    with pytest.raises(data.DataError) as caught:
        load(folder=tmp_path, **{kind: (offline,) * 4 if kind == "files" else offline})
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith("or use digits() or glyphs(), which need no download.")
    assert "could not be downloaded (127.0.0.1:9: Connection refused)" in sentence
    assert str(tmp_path) in sentence
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_the_published_files_are_named_completely():
    for file in (*data.MNIST, data.CIFAR10):
        assert len(bytes.fromhex(file.sha256)) == 32
        assert len(file.urls) >= 2
        assert all(url.startswith("https://") and url.endswith(file.name) for url in file.urls)
        sheet = (data.DATASETS / ("cifar10" if file is data.CIFAR10 else "mnist") / "README.md").read_text()
        assert file.name in sheet
        assert file.sha256 in sheet
        assert f"{file.size:,}" in sheet
