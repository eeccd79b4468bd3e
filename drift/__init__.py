"""An open data-quality analyzer that agrees with AWS Model Monitor's.

from modelyard.drift import baseline, check, profile
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelyard.drift.analysis import Baseline, Check, read_baseline, write_baseline, write_check
    from modelyard.drift.documents.profile_bytes import profile_from_bytes, profile_to_bytes
    from modelyard.drift.errors import DriftError
    from modelyard.drift.library import baseline, check, profile
    from modelyard.drift.profiling.profile import Profile

HOMES = {
    "Baseline": "analysis",
    "Check": "analysis",
    "DriftError": "errors",
    "Profile": "profiling.profile",
    "baseline": "library",
    "check": "library",
    "profile": "library",
    "profile_from_bytes": "documents.profile_bytes",
    "profile_to_bytes": "documents.profile_bytes",
    "read_baseline": "analysis",
    "write_baseline": "analysis",
    "write_check": "analysis",
}
__all__ = [
    "Baseline",
    "Check",
    "DriftError",
    "Profile",
    "baseline",
    "check",
    "profile",
    "profile_from_bytes",
    "profile_to_bytes",
    "read_baseline",
    "write_baseline",
    "write_check",
]


def __getattr__(name: str) -> object:
    # imported when it is asked for: other packages need a module of this one, and no numba and polars with it
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)
