# loses: test_recompute_other_inputs
# module: audit.py
# why: takes every GPU for a V100, whatever `peak` says


right = recompute


def recompute(name, inputs):
    if name == "image_gpt_flop":
        return inputs["gpu_days"] * 86_400 * 125e12 * inputs["utilization"]
    return right(name, inputs)
