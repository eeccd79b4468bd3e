"""`python -m modelyard.operations` is `yard`."""

import sys

from modelyard.operations.cli.main import main
from modelyard.operations.loopback import isolate_from_user

if __name__ == "__main__":
    isolate_from_user()
    sys.exit(main(sys.argv[1:]))
