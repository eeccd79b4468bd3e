from modelyard.drift.reporting.metric_titles import metric_title


def test_titles_are_what_people_say() -> None:
    names = ("auc", "weighted_f0_5", "true_positive_rate", "mae")
    assert [metric_title(metric=name) for name in names] == [
        "Area under the ROC curve",
        "F0.5, classes weighted",
        "True positive rate",
        "Mean absolute error",
    ]
