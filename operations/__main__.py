"""`python -m modelyard.operations` is `yard`."""

import sys

from modelyard.operations.cli.main import main
from modelyard.shared.loopback import isolate_from_user


def run() -> int:
    """Run the command of the process's arguments; the installed `yard` calls it."""
    isolate_from_user()
    return main()


if __name__ == "__main__":
    sys.exit(run())
