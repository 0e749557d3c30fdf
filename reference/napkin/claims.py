"""Claims from lectures, papers and their web pages, with the inputs to recompute them.

Some are right, some are wrong, and some are right only in another unit. Task 00.10 asks
which are which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from reference.napkin.checks import positive


class Claim(NamedTuple):
    """One published figure."""

    name: str  # by which `recompute` knows it
    source: str
    says: str  # the claim, in our words
    figure: float
    unit: str
    inputs: dict[str, float]  # what the source gives, in seconds, bytes, FLOP, dollars, watts
    asks: str  # what `recompute` should return


CLAIMS = [
    Claim(
        name="svm_years",
        source="a lecture on machine-learning systems",
        says="1e19 kernel operations at 0.4 ns each take 5.3 years",
        figure=5.3,
        unit="years",
        inputs={"operations": 1e19, "seconds_each": 0.4e-9},
        asks="years of 365 days that the operations take, one after the other",
    ),
    Claim(
        name="kmeans_doubling",
        source="a lecture on machine-learning systems",
        says="k-means is O(N * N), so twice the points take 4 times as long",
        figure=4,
        unit="times",
        inputs={"points": 10**6, "dimensions": 64, "clusters": 100, "iterations": 20, "growth": 2},
        asks="operations of Lloyd's algorithm on `growth` times the points, relative to those on the points",
    ),
    Claim(
        name="resnet50_size",
        source="a lecture on machine-learning systems",
        says="ResNet-50 has 24 million parameters, so its weights take 1.47 GB",
        figure=1.47,
        unit="GB",
        inputs={"parameters": 25_557_032, "bits": 32},
        asks="GB (1e9 bytes) of the parameters",
    ),
    Claim(
        name="resnet50_flop",
        source="He et al., Deep residual learning (2015), table 1, which counts a multiply-add as one",
        says="ResNet-50 takes 3.8e9 FLOP an image",
        figure=3.8e9,
        unit="FLOP",
        inputs={"multiply_adds": 4.089e9},
        asks="FLOP as this course counts them: a multiply-add is 2",
    ),
    Claim(
        name="mobilenet_size",
        source="TensorFlow Lite, post-training quantization, table of models",
        says="MobileNet-v1 takes 16.9 MB",
        figure=16.9,
        unit="MB",
        inputs={"parameters": 4.24e6, "bits": 32},
        asks="MB (1e6 bytes) of the parameters",
    ),
    Claim(
        name="mobilenet_int8_size",
        source="TensorFlow Lite, post-training quantization, table of models",
        says="quantized to 8 bits, MobileNet-v1 takes 4.3 MB",
        figure=4.3,
        unit="MB",
        inputs={"parameters": 4.24e6, "bits": 8},
        asks="MB (1e6 bytes) of the parameters",
    ),
    Claim(
        name="inception_pruned",
        source="a lecture on machine-learning systems",
        says="InceptionV3 at 87.5 % sparsity keeps 3.3 million parameters",
        figure=3.3e6,
        unit="parameters",
        inputs={"parameters": 27.1e6, "sparsity": 0.875},
        asks="parameters that are not zero: sparsity is the share of zeros",
    ),
    Claim(
        name="distilbert_saving",
        source="a lecture on machine-learning systems; the parameters are those of the paper, table 3",
        says="DistilBERT keeps 97 % of BERT's accuracy for 50 % of the size",
        figure=0.5,
        unit="share saved",
        inputs={"teacher": 110e6, "student": 66e6},
        asks="share of the teacher's parameters that the student does without",
    ),
    Claim(
        name="alexnet_compression",
        source="Han, Mao and Dally, Deep compression (2016), abstract",
        says="AlexNet shrinks by 35 times, from 240 MB to 6.9 MB",
        figure=35,
        unit="times",
        inputs={"before": 240e6, "after": 6.9e6},
        asks="bytes before, relative to bytes after",
    ),
    Claim(
        name="codebook_compression",
        source="Han, Mao and Dally, Deep compression (2016), section 3",
        says="16 weights of 32 bits that share 4 centroids shrink by 3.2 times",
        figure=3.2,
        unit="times",
        inputs={"weights": 16, "bits": 32, "centroids": 4},
        asks="bits of the weights, relative to an index of log2(centroids) bits for each and the centroids themselves",
    ),
    Claim(
        name="image_gpt_flop",
        source="OpenAI, Image GPT (2020), for the V100-days; their share of the peak as in its AI and Compute (2018)",
        says="Image GPT-L took 2500 V100-days to train, which is 8.9e21 FLOP",
        figure=8.9e21,
        unit="FLOP",
        inputs={"gpu_days": 2500, "peak": 125e12, "utilization": 0.33},
        asks="FLOP that the GPU-days do at that share of the peak",
    ),
    Claim(
        name="gpt3_flop",
        source="Brown et al., Language models are few-shot learners (2020), appendix D",
        says="GPT-3 with 175e9 parameters took 3.14e23 FLOP to train on 300e9 tokens",
        figure=3.14e23,
        unit="FLOP",
        inputs={"parameters": 175e9, "tokens": 300e9},
        asks="FLOP to train a transformer of so many parameters on so many tokens",
    ),
    Claim(
        name="megatron_servers",
        source="a lecture on machine-learning systems, on Megatron-Turing NLG 530B",
        says="100 million dollars buy 500 servers of 200 thousand dollars",
        figure=500,
        unit="servers",
        inputs={"budget": 100e6, "price": 200e3},
        asks="the budget over the price of a server, not rounded",
    ),
    Claim(
        name="megatron_power",
        source="a lecture on machine-learning systems, on Megatron-Turing NLG 530B",
        says="500 servers of 6.5 kW draw 3.25 MW, and their cooling as much again: 6.5 MW in all",
        figure=6.5,
        unit="MW",
        inputs={"servers": 500, "watts_each": 6500, "cooling": 1.0},
        asks="MW of the servers and of their cooling, which draws `cooling` watts for each watt of a server",
    ),
    Claim(
        name="leiserson_speedup",
        source="Leiserson et al., There's plenty of room at the Top (2020), table 1",
        says="the last version multiplies two 4096 x 4096 matrices 62 806 times as fast as the first",
        figure=62_806,
        unit="times",
        inputs={"slow": 25_552.48, "fast": 0.41},
        asks="seconds of the slow version, relative to those of the fast one",
    ),
    Claim(
        name="leiserson_peak",
        source="Leiserson et al., There's plenty of room at the Top (2020), table 1",
        says="the last version reaches 40.45 % of the peak of 835 GFLOP/s",
        figure=0.4045,
        unit="of peak",
        inputs={"n": 4096, "seconds": 0.41, "peak": 835e9},
        asks="share of the peak (FLOP/s) that a product of two n x n matrices in so many seconds reaches",
    ),
    Claim(
        name="tpu_ridge",
        source="Jouppi et al., In-datacenter performance analysis of a tensor processing unit (2017), section 4",
        says="the TPU reaches its peak from 1350 multiply-adds a byte on",
        figure=1350,
        unit="multiply-adds a byte",
        inputs={"peak": 91.8e12, "bandwidth": 34e9},
        asks="multiply-adds a byte at the ridge; the peak counts two operations for each of them",
    ),
    Claim(
        name="straggler_gpus",
        source="a lecture on machine-learning systems",
        says="4 GPUs, of which one comes 10 ms late to every step of 6 ms, do the work of 1.5",
        figure=1.5,
        unit="GPUs",
        inputs={"gpus": 4, "compute": 6e-3, "late": 10e-3},
        asks="GPUs that would do as many steps a second if none were late and none waited",
    ),
    Claim(
        name="gpipe_bubble",
        source="a lecture on machine-learning systems, on GPipe; the formula is that of Narayanan et al. (2021)",
        says="with 4 stages and 8 microbatches the GPUs idle for 27 % of a step",
        figure=0.27,
        unit="of a step",
        inputs={"stages": 4, "microbatches": 8},
        asks="share of a step in which a stage waits: stages - 1 slots of all it takes to fill and empty the pipe",
    ),
]


def check_claim(name: str, inputs: Mapping[str, float]) -> None:
    """Check that a claim is called `name`, and that its inputs are all given.

    Raises ValueError otherwise and for an input that is not above 0, and TypeError for
    one that is not a number.
    """
    wanted = {claim.name: claim.inputs for claim in CLAIMS}
    if name not in wanted:
        raise ValueError(f"recompute: expected one of {', '.join(wanted)}, got {name!r}")
    missing = [key for key in wanted[name] if key not in inputs]
    if missing:
        raise ValueError(
            f"recompute: expected {', '.join(wanted[name])} for {name}, got no {', '.join(missing)}"
        )
    for key in wanted[name]:
        positive(f"recompute: expected {key} of {name} to be", inputs[key])
