"""`python -m modelyard.operations` is `yard`."""

import sys

from modelyard.operations.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
