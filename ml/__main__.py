"""`python -m ml`: the forecasting core from a plain command line, without database, broker or clock.

Linear algebra runs on one thread here: the matrices are small, so threads only wait for each other, and sums
that are split by the number of cores would give another model on another machine.
"""

import os
import sys

for pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.putenv(pool, "1")  # read when numpy is loaded, so before anything below

from ml.cli import main  # noqa: E402 - the threads must be limited first

sys.exit(main())
