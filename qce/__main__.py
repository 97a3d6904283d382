"""`python -m qce` is the command `qce`, in a checkout that nobody has installed as well."""

import sys

from qce.cli import main

if __name__ == "__main__":
    sys.exit(main())
