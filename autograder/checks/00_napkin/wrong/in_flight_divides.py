# loses: test_in_flight
# module: service.py
# why: divides the rate by the latency


def in_flight(rate, latency):
    return rate / latency
