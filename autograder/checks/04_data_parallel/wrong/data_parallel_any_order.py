# loses: test_ddp_unused, test_ddp_one_order
# module: ddp.py
# why: starts a bucket as soon as it is complete, in an order that differs between ranks


def _start_full_buckets(self):
    for bucket in self.buckets:
        if bucket.missing == 0 and bucket.request is None:
            self.buckets.remove(bucket)
            self.buckets.insert(self._started, bucket)
            self._start(bucket)


DataParallel._start_full_buckets = _start_full_buckets
