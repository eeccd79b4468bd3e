from modelyard.drift.documents.violations import Violation
from modelyard.drift.reporting.quality_diagnoses import quality_diagnoses
from support.drift.quality_reports import classified, scored


def violated(metric: str) -> Violation:
    return Violation(feature=metric, check="LessThanThreshold", description="")


def test_few_labels_are_said_to_be_few() -> None:
    (said, *_) = quality_diagnoses(live=scored(20, 0.1), baseline=None, violations=())
    assert said.startswith("Only 20 records have a label")


def test_what_chance_explains_is_named() -> None:
    live, baseline = scored(1000, 0.4), scored(1001, 0.4)
    (said,) = quality_diagnoses(live=live, baseline=baseline, violations=[violated("auc")])
    assert said.startswith("Chance alone may explain what is wrong with: Area under the ROC curve.")
    assert quality_diagnoses(live=scored(1000, 0.9), baseline=baseline, violations=[violated("auc")]) == ()


def test_a_model_no_better_than_a_constant_answer_is_told() -> None:
    live = classified(("a", "b"), {(0, 0): 100, (0, 1): 100, (1, 0): 100})
    (said,) = quality_diagnoses(live=live, baseline=None, violations=())
    assert said == "Always answering a would be right for 66.7% of these records; the model is right for 33.3%."


def test_labels_that_have_moved_are_told() -> None:
    (said,) = quality_diagnoses(live=scored(1000, 0.1, positives=0.6), baseline=scored(1000, 0.1), violations=())
    assert said == "The truth itself has moved: 60.0% of the labels are 1, in the baseline 40.0%."


def test_labels_of_few_records_have_not_moved_by_chance() -> None:
    live, baseline = scored(210, 0.1, positives=0.46), scored(1000, 0.1)
    assert quality_diagnoses(live=live, baseline=baseline, violations=()) == ()


def test_metrics_that_are_not_defined_are_named() -> None:
    live = scored(300, 0.1, positives=0.0)
    said = quality_diagnoses(live=live, baseline=None, violations=())
    assert said[0].startswith("These records do not define: Recall, True positive rate")
