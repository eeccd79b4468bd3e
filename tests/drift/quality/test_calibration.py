import numpy as np
import pytest

from modelyard.drift.quality.calibration import calibration_bins


def test_groups_of_predictions_keep_equal_ones_together() -> None:
    groups = calibration_bins(labels=np.array([0, 1, 1, 0]), predictions=np.array([0.5, 0.5, 0.9, 0.5]))
    assert [(group.count, group.prediction) for group in groups] == [(3, 0.5), (1, 0.9)]
    assert groups[0].label == pytest.approx(1 / 3)
    assert calibration_bins(labels=np.zeros(0), predictions=np.zeros(0)) == ()
