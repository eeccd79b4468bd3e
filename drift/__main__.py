"""`python -m modelyard.drift`."""

import sys

from modelyard.drift.cli import main

sys.exit(main())
