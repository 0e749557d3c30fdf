"""Data parallel training, from SGD by hand to ZeRO-3: every rank trains one model with its own part of the data.

Steps: 1 `shards`, 2 `sgd` (beside it `server` and `kmeans`), 3 `synchronize`, 4 `buckets`, 5 `ddp` (faster on one
machine: `window`), then `clipping`, 6 `zero` and `zero2`, 7 `fsdp`, 8 `checkpoint`, 9 `large_batch`, 10 `compression`
and `local_sgd`. Import from these modules: steps 1 and 2 do not load torch.
"""
