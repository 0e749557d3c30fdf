# loses: test_ddp_second_backward
# module: ddp.py
# why: does not notice a second backward pass, whose gradients stay local


def _gradient_is_ready(self, param):
    if not self.synchronize or param in self._ready:
        return
    self._ready.add(param)
    if not self._finishing:
        self._finishing = True
        call_at_end_of_backward(self._finish)
    self._bucket_of[param].missing -= 1
    if self.overlap:
        self._start_full_buckets()


DataParallel._gradient_is_ready = _gradient_is_ready
