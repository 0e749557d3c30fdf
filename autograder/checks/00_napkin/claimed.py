"""The claims of the audit: what their sources give, and the figure that follows from it.

Students get this file, so it holds no formulas: those are in test_audit_others.py, which is hidden.
"""

from __future__ import annotations

# name -> (inputs, the right figure)
CLAIMS: dict[str, tuple[dict[str, float], float]] = {
    "svm_years": ({"operations": 1e19, "seconds_each": 0.4e-9}, 126.839167935058),
    "kmeans_doubling": (
        {"points": 10**6, "dimensions": 64, "clusters": 100, "iterations": 20, "growth": 2},
        2.0,
    ),
    "resnet50_size": ({"parameters": 25_557_032, "bits": 32}, 0.102228128),
    "resnet50_flop": ({"multiply_adds": 4.089e9}, 8.178e9),
    "mobilenet_size": ({"parameters": 4.24e6, "bits": 32}, 16.96),
    "mobilenet_int8_size": ({"parameters": 4.24e6, "bits": 8}, 4.24),
    "inception_pruned": ({"parameters": 27.1e6, "sparsity": 0.875}, 3.3875e6),
    "distilbert_saving": ({"teacher": 110e6, "student": 66e6}, 0.4),
    "alexnet_compression": ({"before": 240e6, "after": 6.9e6}, 34.7826086956522),
    "codebook_compression": ({"weights": 16, "bits": 32, "centroids": 4}, 3.2),
    "image_gpt_flop": ({"gpu_days": 2500, "peak": 125e12, "utilization": 0.33}, 8.91e21),
    "gpt3_flop": ({"parameters": 175e9, "tokens": 300e9}, 3.15e23),
    "megatron_servers": ({"budget": 100e6, "price": 200e3}, 500.0),
    "megatron_power": ({"servers": 500, "watts_each": 6500, "cooling": 1.0}, 6.5),
    "leiserson_speedup": ({"slow": 25_552.48, "fast": 0.41}, 62_323.1219512195),
    "leiserson_peak": ({"n": 4096, "seconds": 0.41, "peak": 835e9}, 0.401457436751862),
    "tpu_ridge": ({"peak": 91.8e12, "bandwidth": 34e9}, 1350.0),
    "straggler_gpus": ({"gpus": 4, "compute": 6e-3, "late": 10e-3}, 1.5),
    "gpipe_bubble": ({"stages": 4, "microbatches": 8}, 0.272727272727273),
}
