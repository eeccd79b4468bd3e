"""For tests of what only a system does that mounts a container's folder at /opt/ml."""

import pytest

from modelyard.rehearsal.containers import opt_ml

MOUNTS = pytest.mark.skipif(opt_ml.obstacle() is not None, reason=f"nothing is mounted at /opt/ml: {opt_ml.obstacle()}")
