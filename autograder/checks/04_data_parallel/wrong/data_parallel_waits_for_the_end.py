# loses: test_ddp_overlaps
# module: ddp.py
# why: starts every bucket only when backward is over


def _start_full_buckets(self):
    pass


DataParallel._start_full_buckets = _start_full_buckets
