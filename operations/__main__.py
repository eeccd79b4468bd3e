"""`python -m operations` is `yard`."""

import sys

from operations.cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
