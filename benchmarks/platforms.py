"""`--platform cpu`, `cuda` or `tpu`: which devices of JAX a benchmark runs on.

Imported before JAX is, which reads the choice once. The option is taken out of the command line;
processes that a benchmark starts inherit the choice.
"""

import argparse
import os
import sys

PLATFORM = argparse.ArgumentParser(add_help=False)
PLATFORM.add_argument(
    "--platform", help="devices of JAX: cpu, cuda, tpu; the fastest that there are unless given"
)

_found, _rest = PLATFORM.parse_known_args()
if _found.platform is not None:
    os.environ["JAX_PLATFORMS"] = _found.platform
    sys.argv[1:] = _rest
