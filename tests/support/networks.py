"""For tests of what only a system does that gives a process a network of its own."""

import pytest

from modelyard.rehearsal.containers import networks

ISOLATES = pytest.mark.skipif(networks.obstacle() is not None, reason=f"nothing is isolated: {networks.obstacle()}")
