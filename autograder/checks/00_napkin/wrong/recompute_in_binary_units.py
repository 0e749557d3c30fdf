# loses: test_recompute_sizes
# module: audit.py
# why: takes a GB for 2**30 bytes


right = recompute


def recompute(name, inputs):
    if name == "resnet50_size":
        return inputs["parameters"] * inputs["bits"] / 8 / 2**30
    return right(name, inputs)
