# loses: test_ddp_unused
# module: ddp.py
# why: waits for the buckets that have started, and forgets those with an unused parameter


def _finish(self):
    for bucket in self.buckets[self._started :]:
        if bucket.missing == 0:
            self._start(bucket)
    for bucket in self.buckets[: self._started]:
        bucket.request.wait()
        bucket.spread()


DataParallel._finish = _finish
