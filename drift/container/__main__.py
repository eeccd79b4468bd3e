"""`python -m modelyard.drift.container`: the entry point of an image that has the package installed."""

import sys

from modelyard.drift.container.entry import main

sys.exit(main())
