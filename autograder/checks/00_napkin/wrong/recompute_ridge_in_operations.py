# loses: test_recompute_machines
# module: audit.py
# why: gives operations a byte where multiply-adds a byte were asked for


right = recompute


def recompute(name, inputs):
    if name == "tpu_ridge":
        return inputs["peak"] / inputs["bandwidth"]
    return right(name, inputs)
