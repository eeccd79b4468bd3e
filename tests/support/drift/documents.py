import json
from pathlib import Path

from modelyard.drift.documents.statistics import (
    FeatureStatistics,
    read_statistics,
)


def statistics_of(tmp_path: Path, feature: dict[str, object]) -> FeatureStatistics:
    document = {"dataset": {"item_count": 1}, "features": [feature]}
    (tmp_path / "statistics.json").write_text(json.dumps(document))
    return read_statistics(path=tmp_path / "statistics.json").features[0]
