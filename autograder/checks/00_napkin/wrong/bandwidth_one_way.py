# loses: test_bandwidth
# module: service.py
# why: counts what comes in, and not what goes out


def bandwidth(rate, bytes_in, bytes_out):
    return rate * bytes_in
