"""The datasets of the course. Three need no network; MNIST and CIFAR-10 are downloaded once.

`datasets/NAME/README.md` is the data sheet of each: content, origin, licence, limits.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reference.shared.data.corpus import TextCorpus, stdlib_text
from reference.shared.data.downloads import DataError, RemoteFile, fetch
from reference.shared.data.glyphs import DIGITS, draw_glyphs

__all__ = [
    "CIFAR10", "MNIST", "DataError", "ImageDataset", "RemoteFile", "Split", "TextCorpus",
    "cifar10", "digits", "glyphs", "mnist", "stdlib_text",
]  # fmt: skip

DATASETS = Path(__file__).resolve().parents[3] / "datasets"


@dataclass(frozen=True)
class Split:
    """Images with their labels. The arrays are read-only: copy before you change them."""

    images: NDArray[np.uint8]  # (n, height, width), or (n, height, width, 3) in colour
    labels: NDArray[np.int64]  # (n,), each an index in the dataset's `classes`
    peak: int = 255  # the largest value that a pixel can have

    def __post_init__(self) -> None:
        if len(self.images) != len(self.labels):
            raise ValueError(
                f"expected one label per image, got {len(self.images)} images, {len(self.labels)} labels"
            )
        self.images.setflags(write=False)
        self.labels.setflags(write=False)

    def __len__(self) -> int:
        return len(self.labels)

    def vectors(self) -> NDArray[np.float32]:
        """Return the images as rows, float32 (n, features), scaled to 0 to 1; a new array."""
        return self.images.reshape(len(self), -1).astype(np.float32) / np.float32(self.peak)


@dataclass(frozen=True)
class ImageDataset:
    """A classification task: images, labels and the names of the classes."""

    name: str
    classes: tuple[str, ...]
    train: Split
    test: Split


def digits(*, test: int = 360, seed: int = 0) -> ImageDataset:
    """Load the handwritten digits of scikit-learn: 1797 images of 8 x 8 pixels, values 0 to 16.

    `test` of them, drawn with `seed`, are the test half. The file is sorted by writer, so the order is
    shuffled. Raises ValueError if `test` is not between 1 and 1796.
    """
    from sklearn.datasets import load_digits

    pixels, numbers = load_digits(return_X_y=True)
    images, labels = pixels.reshape(-1, 8, 8).astype(np.uint8), numbers.astype(np.int64)
    if not 0 < test < len(labels):
        raise ValueError(f"test: expected 1 to {len(labels) - 1} images, got {test}")
    order = np.random.default_rng(seed).permutation(len(labels))
    train, held_out = order[:-test], order[-test:]
    halves = (Split(images[rows], labels[rows], peak=16) for rows in (train, held_out))
    return ImageDataset("digits", tuple(DIGITS), *halves)


def glyphs(
    train: int = 10_000,
    test: int = 2_000,
    *,
    characters: str = DIGITS,
    size: int = 28,
    shift: int = 2,
    seed: int = 0,
) -> ImageDataset:
    """Draw printed characters with random faces, sizes, angles and positions from `seed`.

    Images are (size, size): the shape of MNIST without a download, in any number, and harder with a larger
    `shift`. Cost and errors: see `reference.shared.data.glyphs.draw_glyphs`.
    """
    halves = []
    for stream, count in enumerate((train, test)):
        drawn = draw_glyphs(count, characters=characters, size=size, shift=shift, seed=seed, stream=stream)
        halves.append(Split(*drawn))
    return ImageDataset("glyphs", tuple(characters), *halves)


def _mnist(name: str, size: int, sha256: str) -> RemoteFile:
    sources = (
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        "https://storage.googleapis.com/cvdf-datasets/mnist",
    )
    return RemoteFile(name, size, sha256, tuple(f"{source}/{name}" for source in sources))


MNIST = (
    _mnist(
        "train-images-idx3-ubyte.gz",
        9912422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    _mnist(
        "train-labels-idx1-ubyte.gz",
        28881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    _mnist(
        "t10k-images-idx3-ubyte.gz",
        1648877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    _mnist(
        "t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
    ),
)
CIFAR10 = RemoteFile(
    "cifar-10-binary.tar.gz",
    170052171,
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    (
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/cifar-10-binary.tar.gz",
    ),
)
CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def mnist(*, folder: Path | None = None, files: tuple[RemoteFile, ...] = MNIST) -> ImageDataset:
    """Load MNIST (LeCun, Cortes and Burges): 60,000 + 10,000 handwritten digits of 28 x 28 pixels.

    The four files (12 MB) are kept in `datasets/mnist/raw/`. `files` are the train images, train labels, test
    images and test labels. Raises DataError if they are missing and cannot be downloaded.
    """
    folder = folder or DATASETS / "mnist" / "raw"
    paths = _fetch_all("MNIST", files, folder)
    images, labels, test_images, test_labels = (
        read_idx(path, dimensions) for path, dimensions in zip(paths, (3, 1, 3, 1), strict=True)
    )
    halves = []
    for pixels, numbers, path in ((images, labels, paths[1]), (test_images, test_labels, paths[3])):
        if len(pixels) != len(numbers) or numbers.max(initial=0) > 9:
            raise DataError(
                f"{path}: expected {len(pixels)} labels from 0 to 9; delete the file and load again"
            )
        halves.append(Split(pixels, numbers.astype(np.int64)))
    return ImageDataset("mnist", tuple(DIGITS), *halves)


def cifar10(*, folder: Path | None = None, file: RemoteFile = CIFAR10) -> ImageDataset:
    """Load CIFAR-10 (Krizhevsky): 50,000 + 10,000 colour photographs of (32, 32, 3) in ten classes.

    The archive (170 MB, the binary version: nothing is unpickled) is kept in `datasets/cifar10/raw/` and read
    in place, in about 3 s. Raises DataError if it is missing and cannot be downloaded.
    """
    folder = folder or DATASETS / "cifar10" / "raw"
    [path] = _fetch_all("CIFAR-10", (file,), folder)
    names = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
    batches: dict[str, Split] = {}
    try:
        with tarfile.open(path, "r|gz") as archive:  # as a stream: one pass of decompression
            for member in archive:
                name = Path(member.name).name
                stream = archive.extractfile(member) if name in names and member.isfile() else None
                if stream is not None:
                    batches[name] = _cifar_batch(stream.read(), f"{path}: {name}")
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is damaged ({error}); delete it and load again") from None
    missing = [name for name in names if name not in batches]
    if missing:
        raise DataError(
            f"{path}: expected the binary version, found no {missing[0]}; delete it and load again"
        )
    parts = [batches[name] for name in names[:-1]]
    train = Split(
        np.concatenate([part.images for part in parts]), np.concatenate([part.labels for part in parts])
    )
    return ImageDataset("cifar10", CIFAR10_CLASSES, train, batches[names[-1]])


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Return the array of a gzipped IDX file of bytes, uint8 with that many dimensions.

    Layout: two zero bytes, type code 8 (unsigned byte), the number of dimensions, each size as a big-endian
    uint32, then the values in C order. Raises DataError for anything else.
    """
    try:
        raw = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is damaged ({error}); delete it and load again") from None
    start = 4 + 4 * dimensions
    if len(raw) < start or raw[:4] != bytes((0, 0, 8, dimensions)):
        got = raw[:4].hex(" ")
        raise DataError(
            f"{path}: expected the IDX header 00 00 08 {dimensions:02x}, got {got}; delete it and load again"
        )
    shape = tuple(int(size) for size in np.frombuffer(raw, ">u4", dimensions, 4))
    values = np.frombuffer(raw, np.uint8, offset=start)
    if values.size != int(np.prod(shape, dtype=np.int64)):
        raise DataError(
            f"{path}: expected data of the shape {shape} in its header, got {values.size} bytes; "
            "delete it and load again"
        )
    return values.reshape(shape)


def _cifar_batch(raw: bytes, where: str) -> Split:
    """Parse records of a label byte and 3072 bytes: the red, green and blue planes, each 32 x 32 by rows."""
    if not raw or len(raw) % 3073:
        raise DataError(
            f"{where}: expected records of 3073 bytes, got {len(raw)} bytes; delete the file and load again"
        )
    records = np.frombuffer(raw, np.uint8).reshape(-1, 3073)
    labels = records[:, 0].astype(np.int64)
    if labels.max() > 9:
        raise DataError(
            f"{where}: expected labels from 0 to 9, got {labels.max()}; delete the file and load again"
        )
    images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return Split(np.ascontiguousarray(images), labels)


def _fetch_all(title: str, files: tuple[RemoteFile, ...], folder: Path) -> list[Path]:
    try:
        return [fetch(file, folder) for file in files]
    except DataError as error:
        names = files[0].name if len(files) == 1 else f"the {len(files)} files that its data sheet names"
        raise DataError(
            f"{title} is not on this machine and could not be downloaded ({error}): connect to the network "
            f"and load it again, or put {names} into {folder}, or use digits() or glyphs(), "
            "which need no download."
        ) from None
