"""`python -m qce` is the command `qce`, also in a checkout that is not installed."""

import sys

from qce.cli import main

if __name__ == "__main__":
    sys.exit(main())
