"""What all tests of the autograder need."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Who starts the tests in the background of a shell hands down a deaf ear for Ctrl-C, which some tests press.
    signal.signal(signal.SIGINT, signal.default_int_handler)
