"""The datasets: shapes, splits, determinism, and the parsers of the published formats."""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import data
from reference.corpus import VOCABULARY, encode
from reference.glyphs import NOISE
from reference.tests.fileserver import FileServer, running_server

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


# --- digits and glyphs


def test_digits_are_all_there_and_no_image_is_in_both_halves():
    digits = data.digits()
    assert (len(digits.train), len(digits.test)) == (1437, 360)
    assert digits.train.images.shape == (1437, 8, 8)
    assert digits.train.images.max() == digits.train.peak == 16
    assert set(digits.test.labels) == set(range(10))
    rows = np.concatenate([digits.train.vectors(), digits.test.vectors()])
    assert len(np.unique(rows, axis=0)) == 1797


def test_the_split_of_digits_depends_on_the_seed_alone():
    again = data.digits().test.labels
    assert np.array_equal(data.digits().test.labels, again)
    assert not np.array_equal(data.digits(seed=1).test.labels, again)


@pytest.mark.parametrize("test", [0, 1797, -1])
def test_digits_refuse_an_empty_half(test: int):
    with pytest.raises(ValueError, match="expected 1 to 1796 images, got"):
        data.digits(test=test)


def test_vectors_are_scaled_rows_and_the_images_are_read_only():
    split = data.digits().train
    vectors = split.vectors()
    assert vectors.dtype == np.float32
    assert vectors.shape == (1437, 64)
    assert (vectors.min(), vectors.max()) == (0.0, 1.0)
    with pytest.raises(ValueError, match="read-only"):
        split.images[0, 0, 0] = 1


def test_a_split_needs_a_label_an_image():
    with pytest.raises(ValueError, match="got 2 images, 3 labels"):
        data.Split(np.zeros((2, 8, 8), np.uint8), np.zeros(3, np.int64))


def test_fewer_glyphs_are_the_head_of_more():
    few, many = data.glyphs(7, 3, seed=5), data.glyphs(20, 9, seed=5)
    assert np.array_equal(few.train.images, many.train.images[:7])
    assert np.array_equal(few.test.labels, many.test.labels[:3])
    assert not np.array_equal(few.train.images[:3], few.test.images)


def test_glyphs_are_the_same_in_another_process():
    draw = "from reference.data import glyphs; images = glyphs(30, 1, seed=3).train.images"
    code = f"import sys; {draw}; sys.stdout.buffer.write(images)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert data.glyphs(30, 1, seed=3).train.images.tobytes() == other
    assert data.glyphs(30, 1, seed=4).train.images.tobytes() != other


def test_glyphs_can_be_told_apart():
    """A nearest neighbour among 1500 is right far more often than one time in four (the guess)."""
    drawn = data.glyphs(1500, 200, characters="0AXW")
    distances = ((drawn.test.vectors()[:, None] - drawn.train.vectors()[None]) ** 2).sum(2)
    assert (drawn.train.labels[distances.argmin(1)] == drawn.test.labels).mean() > 0.85


def test_every_character_has_ink_that_fits_at_any_size():
    for size in (8, 28, 64):
        images = data.glyphs(40, 1, characters="Wj@Q1", size=size, shift=size).train.images
        assert images.shape == (40, size, size)
        assert (images.reshape(40, -1).max(1) > 5 * NOISE).all()


@pytest.mark.parametrize("wrong", [{"characters": ""}, {"characters": "AA"}, {"size": 7}, {"shift": -1}])
def test_glyphs_refuse_nonsense(wrong: dict):
    with pytest.raises(ValueError, match="expected"):
        data.glyphs(1, 1, **wrong)


# --- the standard library as text


def test_the_text_holds_known_code_and_no_file_is_in_both_halves():
    corpus = data.stdlib_text()
    assert corpus.train.size > 2_000_000
    assert 0.05 < corpus.validation.size / corpus.train.size < 0.25
    assert not set(corpus.train_files) & set(corpus.validation_files)
    assert list(corpus.train_files) == sorted(corpus.train_files, key=str)
    assert "def namedtuple(" in corpus.decode(corpus.train) + corpus.decode(corpus.validation)
    assert not any("site-packages" in name or "/test/" in name for name in corpus.train_files)


def test_a_limit_gives_the_head_of_the_text_nine_to_one():
    corpus, whole = data.stdlib_text(characters=50_000), data.stdlib_text(characters=500_000)
    assert (corpus.train.size, corpus.validation.size) == (45_000, 5_000)
    assert np.array_equal(corpus.train, whole.train[:45_000])


def test_a_text_is_read_in_sorted_order_without_what_is_not_ascii(tmp_path: Path):
    for name, text in {"b.py": "b\tb\r\n", "a.py": "a", "é.py": "x", "c.py": "é", "test/t.py": "t"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    corpus = data.stdlib_text(folder=tmp_path)
    assert corpus.decode(corpus.train) == "a\nb   b\nx\n"


def test_a_python_without_source_is_named(tmp_path: Path):
    with pytest.raises(data.DataError, match="no source of its standard library"):
        data.stdlib_text(folder=tmp_path)


@given(st.text(alphabet=VOCABULARY))
def test_decode_undoes_encode(text: str):
    nothing = np.zeros(0, np.uint8)
    corpus = data.TextCorpus(nothing, nothing, VOCABULARY, (), (), "")
    codes = corpus.encode(text)
    assert codes.dtype == np.uint8
    assert corpus.decode(codes) == text


@pytest.mark.parametrize(
    ("text", "where"), [("ab\t", 2), ("é", 0), ("ok\U0001f600", 2), ("\ud800", 0), ("a\r", 1)]
)
def test_encode_names_the_first_foreign_character(text: str, where: int):
    with pytest.raises(ValueError, match=rf"text\[{where}\]"):
        encode(text)


@pytest.mark.parametrize("codes", [[-1], [96], [0, 255]])
def test_decode_refuses_codes_out_of_range(codes: list[int]):
    with pytest.raises(ValueError, match="expected 0 to 95"):
        data.stdlib_text(characters=100).decode(np.array(codes))


# --- MNIST and CIFAR-10 in their published formats


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
            r"announces \(9, 9, 9\)",
        ),
        (gzip.compress(b"\0"), "expected the IDX header"),
        (gzip.compress(bytes((0, 0, 8, 3)) + b"\xff" * 12), "but 0 bytes follow"),
    ],
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
