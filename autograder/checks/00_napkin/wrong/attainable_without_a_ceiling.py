# loses: test_attainable_under_the_ceiling
# module: roofline.py
# why: lets the slope go on for ever


def attainable(intensity, peak, bandwidth):
    return bandwidth * intensity
