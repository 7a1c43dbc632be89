"""Give every Python that finds this module a clock that goes before or after the true one.

libfaketime, which does that for other programs, breaks the sleep of Python 3.11.
"""

import os
import time

_SECONDS = int(os.environ["TESTS_CLOCK_SECONDS"])


def _later_time(_true=time.time):
    return _true() + _SECONDS


def _later_time_ns(_true=time.time_ns):
    return _true() + _SECONDS * 1_000_000_000


time.time, time.time_ns = _later_time, _later_time_ns
