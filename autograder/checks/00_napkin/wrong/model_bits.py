# loses: test_model_bytes
# module: sizing.py
# why: says bits where bytes were asked for


def model_bytes(parameters, bits=32):
    return parameters * bits
