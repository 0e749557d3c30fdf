# loses: test_predict_seconds
# module: roofline.py
# why: adds the time of the arithmetic and that of the traffic, as if they took turns


def predict_seconds(flop, nbytes, peak, bandwidth):
    return flop / peak + nbytes / bandwidth
