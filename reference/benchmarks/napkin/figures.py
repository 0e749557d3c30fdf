"""The pictures of lecture 00, drawn from the record that `lecture.measure` makes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import mean, median
from typing import Any

from reference.lab.napkin.charts import latencies, model_and_points, predicted_roofline, staircase
from reference.napkin.audit import audit
from reference.napkin.campaign import simulate_costs, summary
from reference.napkin.claims import CLAIMS
from reference.napkin.growth import fit_exponent
from reference.napkin.layers import conv2d, linear
from reference.napkin.roofline import attainable, predict_seconds
from reference.napkin.scaling import amdahl, fit_fraction, gustafson
from reference.napkin.service import batch_seconds, largest_batch, smallest_batch
from reference.napkin.stopwatch import ratio_interval
from reference.shared.plots.charts import sweep
from reference.shared.plots.counts import claims_chart, shares
from reference.shared.plots.spreads import distribution, intervals
from reference.shared.plots.style import Picture, on_slide

SLIDES = Path(__file__).resolve().parents[3] / "slides" / "figures"
LAYER, WORD = 4096, 4
CAMPAIGN = (1e3, 10e3, 50e3, 2e3)  # dollars: data, a cycle, serving, a tweak
TRIALS = 20_000
SHOWN_RIGHT = 6  # claims that hold, so that the letters stay large
RATE, LIMIT = 400.0, 0.1  # requests a second, and the seconds that a request may wait, of the service slide
# AlexNet for images of 224 x 224, as torchvision builds it ("One weird trick", Krizhevsky 2014).
ALEXNET = {
    "conv1": conv2d(1, 3, 64, 224, 224, 11, stride=4, padding=2),
    "conv2": conv2d(1, 64, 192, 27, 27, 5, padding=2),
    "conv3": conv2d(1, 192, 384, 13, 13, 3, padding=1),
    "conv4": conv2d(1, 384, 256, 13, 13, 3, padding=1),
    "conv5": conv2d(1, 256, 256, 13, 13, 3, padding=1),
    "fc6": linear(1, 256 * 6 * 6, 4096),
    "fc7": linear(1, 4096, 4096),
    "fc8": linear(1, 4096, 1000),
}


def draw(record: Mapping[str, Any], folder: Path = SLIDES) -> list[Path]:
    """Write every picture to `folder` as 00_NAME.svg; returns the paths."""
    return [picture.save(folder / f"00_{name}.svg") for name, picture in pictures(record).items()]


def pictures(record: Mapping[str, Any]) -> dict[str, Picture]:
    """Name -> picture, each as high as its slide has room for."""
    drawn = {
        "shares": (510, alexnet),
        "campaign": (450, campaign),
        "speedup": (350, lambda: speedup(record)),
        "gustafson": (400, two_laws),
        "roofline": (475, lambda: roofline(record)),
        "batch": (350, lambda: batch(record)),
        "service": (470, lambda: service(record)),
        "growth": (360, lambda: growth(record)),
        "runs": (400, lambda: runs(record)),
        "twins": (250, lambda: twins(record)),
        "sheet": (475, lambda: numbers(record)),
        "chase": (370, lambda: chased(record)),
        "audit": (510, audited),
    }
    found = {}
    for name, (height, picture) in drawn.items():
        with on_slide(height):
            found[name] = picture()
    return found


def alexnet() -> Picture:
    rows = {name: {"parameters": p, "FLOP": float(f)} for name, (p, f) in ALEXNET.items()}
    total = {key: sum(row[key] for row in rows.values()) for key in ("parameters", "FLOP")}
    dense = sum(rows[name]["parameters"] for name in ("fc6", "fc7", "fc8")) / total["parameters"]
    title = f"{dense:.0%} of AlexNet's parameters are where {_dense_flop(rows, total):.0%} of its FLOP are"
    return shares(rows, title=title)


def campaign() -> Picture:
    costs = simulate_costs(0, TRIALS, *CAMPAIGN)
    low, middle, high, _ = summary(costs)
    marks = {"1 in 10 below": low, "half below": middle, "1 in 10 above": high}
    title = f"Planned: 151 k$. Half of the campaigns cost over {middle / 1e3:.0f} k$"
    return distribution(
        costs / 1e3,
        title=title,
        x_label="cost of a campaign, in 1000 $",
        marks={name: value / 1e3 for name, value in marks.items()},
        count="campaigns",
    )


def speedup(record: Mapping[str, Any]) -> Picture:
    measured = {name: _line(line) for name, line in record["speedup"].items()}
    fits = {name: fit_fraction(*points(line)) for name, line in record["speedup"].items()}
    models = {name: {float(n): amdahl(fits[name], n) for n in range(1, 17)} for name in measured}
    formulas = {name: f"Amdahl, f = {f:.3f}" for name, f in fits.items()}
    ends = [line[16.0] for line in measured.values()]
    title = f"16 workers are {min(ends):.1f} to {max(ends):.1f} times as fast as one"
    return model_and_points(
        models,
        measured,
        title=title,
        x_label="workers that fetch files",
        y_label="speed-up",
        log_y=False,
        formulas=formulas,
    )


def two_laws() -> Picture:
    workers = [2**power for power in range(11)]
    lines: dict[str, dict[float, float]] = {
        "Gustafson, f = 0.99": {n: gustafson(0.99, n) for n in workers},
        "Amdahl, f = 0.99": {n: amdahl(0.99, n) for n in workers},
    }
    title = "The same 1 % of serial work: a ceiling, or hardly a loss"
    return sweep(lines, title=title, x_label="workers n", y_label="speed-up S", log_y=True)


def roofline(record: Mapping[str, Any]) -> Picture:
    points = {
        name: (work["flop"] / work["bytes"], work["flop"] / work["seconds"])
        for name, work in record["kernels"].items()
    }
    return predicted_roofline(points, peak=record["peak"], bandwidth=record["bandwidth"])


def batch(record: Mapping[str, Any]) -> Picture:
    measured = {float(b): 1e3 * seconds for b, seconds in record["batch"].items()}
    predicted = {b: 1e3 * _layer_seconds(record, b) for b in measured}
    few, many = measured[16.0] / measured[2.0], measured[512.0] / measured[2.0]
    title = f"16 rows take {few:.1f} times as long as 2, 512 take {many:.0f} times"
    return model_and_points(
        {f"{LAYER} × {LAYER} layer": predicted},
        {f"{LAYER} × {LAYER} layer": measured},
        title=title,
        x_label="batch: rows of the input",
        y_label="milliseconds",
        marks={"ridge": _ridge_batch(record)},
    )


def service_line(record: Mapping[str, Any]) -> tuple[float, float]:
    """(setup, each) in seconds: the measured times of the layer over its batch, as a straight line."""
    import numpy as np

    sizes, seconds = points(record["batch"])
    # Relative errors count, so that the small batches are not drowned by the large ones.
    each, setup = np.polyfit(sizes, seconds, 1, w=1 / np.asarray(seconds))
    return float(max(setup, 0.0)), float(each)


def service(record: Mapping[str, Any]) -> Picture:
    setup, each = service_line(record)
    sizes = sorted({round(2 ** (power / 2)) for power in range(13)})
    waits: dict[float, float] = {b: 1e3 * ((b - 1) / RATE + batch_seconds(b, setup, each)) for b in sizes}
    least, most = smallest_batch(RATE, setup, each), largest_batch(LIMIT, RATE, setup, each)
    title = f"Batches of {least} to {most} keep up and answer in time"
    promise = dict.fromkeys((min(waits), max(waits)), LIMIT * 1e3)
    return model_and_points(
        {"longest wait": waits, f"promise: {LIMIT * 1e3:.0f} ms": promise},
        {},
        title=title,
        x_label=f"batch, for {RATE:.0f} requests a second",
        y_label="milliseconds",
        marks={f"keeps up from {least}": least, f"in time to {most}": most},
        log_y=False,
    )


def growth(record: Mapping[str, Any]) -> Picture:
    measured = {name: {n: s * 1e3 for n, s in _line(line).items()} for name, line in record["growth"].items()}
    fits = {name: fit_exponent(list(line), list(line.values())) for name, line in measured.items()}
    models = {name: {n: factor * n**p for n in measured[name]} for name, (p, factor) in fits.items()}
    formulas = {name: f"$c \\, n^{{{p:.2f}}}$" for name, (p, _) in fits.items()}
    title = f"k-means grows as n^{fits['k-means'][0]:.2f}, an SVM as n^{fits['SVM'][0]:.2f}"
    return model_and_points(
        models,
        measured,
        title=title,
        x_label="points n",
        y_label="milliseconds",
        formulas=formulas,
    )


def runs(record: Mapping[str, Any]) -> Picture:
    times = [1e6 * seconds for seconds in record["runs"]]
    middle, average, longest = median(times), mean(times), max(times)
    title = f"{len(times)} runs of one call: the longest takes {longest / middle:.1f} times the median"
    marks = {"fastest": min(times), "median": middle, "mean": average}
    return distribution(
        times,
        title=title,
        x_label="microseconds of np.sort on 20 000 numbers",
        marks=marks,
        count="runs",
        within=(0.97 * min(times), sorted(times)[int(0.98 * len(times))]),
    )


def twins(record: Mapping[str, Any]) -> Picture:
    rows = {}
    for how, samples in record["twins"].items():
        low, high = ratio_interval(samples["A"], samples["B"], seed=0)
        ratios = [a / b for a, b in zip(samples["A"], samples["B"], strict=True)]
        rows[how] = (low, median(ratios), high)
    title = "One function, two names, and a neighbour that comes half way"
    return intervals(rows, title=title, x_label="time of A / time of B (median and 95 % interval)")


def numbers(record: Mapping[str, Any]) -> Picture:
    return latencies(record["sheet"])


def chased(record: Mapping[str, Any]) -> Picture:
    return staircase({int(size): seconds for size, seconds in record["chase"].items()}, record["caches"])


def audited() -> Picture:
    found = audit([(claim.name, claim.figure, claim.inputs) for claim in CLAIMS])
    rows = [
        (name.replace("_", " "), claim.figure, right, ok)
        for claim, (name, right, ok) in zip(CLAIMS, found, strict=True)
    ]
    wrong, right = [row for row in rows if not row[3]], [row for row in rows if row[3]]
    title = f"{len(wrong)} of {len(rows)} claims do not hold; here with {SHOWN_RIGHT} that do"
    return claims_chart(wrong + right[:: len(right) // SHOWN_RIGHT][:SHOWN_RIGHT], title=title)


def _dense_flop(rows: Mapping[str, Mapping[str, float]], total: Mapping[str, float]) -> float:
    return sum(rows[name]["FLOP"] for name in ("fc6", "fc7", "fc8")) / total["FLOP"]


def _layer_seconds(record: Mapping[str, Any], rows: float) -> float:
    flop, nbytes = 2 * rows * LAYER**2, WORD * (LAYER**2 + 2 * rows * LAYER)
    return predict_seconds(flop, nbytes, record["peak"], record["bandwidth"])


def _ridge_batch(record: Mapping[str, Any]) -> float:
    """The batch at which the layer's FLOP a byte reach the ridge: 2 b n^2 = ridge * word * (n^2 + 2 b n)."""
    edge = record["peak"] / record["bandwidth"] * WORD
    return edge * LAYER / (2 * LAYER - 2 * edge)


def share_of_limit(record: Mapping[str, Any], work: Mapping[str, float]) -> float:
    """The measured rate of a piece of work, of the rate that the roofline allows it."""
    most = attainable(work["flop"] / work["bytes"], record["peak"], record["bandwidth"])
    return work["flop"] / work["seconds"] / most


def _line(line: Mapping[str, float]) -> dict[float, float]:
    return {float(x): y for x, y in line.items()}


def points(line: Mapping[str, float]) -> tuple[list[int], list[float]]:
    """The sizes and the figures of a measured line."""
    return [int(x) for x in line], list(line.values())
