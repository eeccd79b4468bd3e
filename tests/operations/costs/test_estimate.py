from dataclasses import replace
from pathlib import Path

import pytest

from modelyard.manifest import Model
from modelyard.manifest.automl import AutoML
from modelyard.manifest.channel import Channel
from modelyard.manifest.reading import read_model
from modelyard.manifest.retraining import Retrain
from modelyard.manifest.scaling_policies import ScalingMetric, Step, StepScaling, Tracking
from modelyard.manifest.scaling_schedule import ScheduledAction
from modelyard.manifest.training import Objective, Training
from modelyard.operations.costs.estimate import costs_of, instances_of, table_of_costs, telemetry_of
from modelyard.operations.costs.observability import Cost
from modelyard.operations.costs.prices import TABLE, read_prices, shipped
from modelyard.operations.failures import Failure
from support.synth import ROOT


def model(name: str) -> Model:
    return read_model(ROOT / "models" / f"{name}.toml")


def items(given: Model, *, stored_bytes: int | None = None) -> list[Cost]:
    return list(costs_of(model=given, prices=shipped(), stored_bytes=stored_bytes, log_days=90))


def item(name: str, what: str) -> Cost:
    (found,) = [one for one in items(model(name)) if one.what == what]
    return found


def test_an_endpoint_costs_from_its_least_to_its_most_instances() -> None:
    assert item("churn", "endpoint, primary").least == pytest.approx(2 * 730 * 0.115)
    assert item("churn", "endpoint, primary").most == pytest.approx(4 * 730 * 0.115)


def test_preprocessing_costs_from_nothing_to_its_longest_job() -> None:
    prepared = item("mnist_torch", "preprocessing")

    assert prepared.least == 0.0
    assert prepared.most == pytest.approx(0.115)
    assert prepared.how == ("one run: a job of up to 60 min on ml.m5.large, none where code and data are as before")


@pytest.mark.parametrize(
    ("image", "end"),
    [
        (None, " on ml.m5.large; the seller's price comes on top, of what serves too"),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1", " on ml.m5.large"),
    ],
)
def test_the_seller_s_price_of_a_product_is_said_to_come_on_top(image: str | None, end: str) -> None:
    training = Training(
        algorithm="arn:aws:sagemaker:us-east-1:865070037744:algorithm/trees",
        algorithm_image=image,
        instance="ml.m5.large",
        objective=Objective(metric="auc", goal="maximize"),
        channels={"training": Channel(path="datasets/train")},
    )
    (found,) = [one for one in items(Model(name="leavers", training=training)) if one.what == "training"]

    assert found.most == pytest.approx(0.115)
    assert found.how.endswith(end)


def test_a_calendar_counts_by_the_hours_of_its_bounds() -> None:
    churn = model("churn")
    assert churn.serving is not None
    assert churn.serving.scaling is not None
    actions = (
        ScheduledAction(name="night", expression="cron(0 18 * * ? *)", min=1, max=2),
        ScheduledAction(name="day", expression="cron(0 6 * * ? *)", min=2, max=4),
    )
    planned = replace(churn, serving=replace(churn.serving, scaling=replace(churn.serving.scaling, schedule=actions)))
    (found,) = [one for one in items(planned) if one.what == "endpoint, primary"]

    assert found.least == pytest.approx(1.5 * 730 * 0.115)
    assert found.most == pytest.approx(3 * 730 * 0.115)
    assert found.how == "252 to 504 hours a week of ml.m5.large, by the calendar of its scaling"


def test_each_tracked_metric_has_two_alarms_and_each_policy_of_steps_one() -> None:
    churn = model("churn")
    assert churn.serving is not None
    assert churn.serving.scaling is not None
    cpu = ScalingMetric(preset="cpu")
    scaling = replace(
        churn.serving.scaling,
        tracking=(Tracking(name="cpu", metric=cpu, target=60),),
        steps=(StepScaling(name="busy", metric=cpu, threshold=80, changes=(Step(change=1),)),),
    )
    more = replace(churn, serving=replace(churn.serving, scaling=scaling))

    assert telemetry_of(model=more, log_days=90).alarms == telemetry_of(model=churn, log_days=90).alarms + 3


def test_each_variant_of_an_endpoint_that_does_not_scale_costs_what_it_began_with() -> None:
    champion = item("churn_forest", "endpoint, champion")
    assert champion.least == champion.most == pytest.approx(730 * 0.115)


def test_a_run_of_training_costs_at_most_what_its_jobs_may_take() -> None:
    assert item("churn", "training").most == pytest.approx(3 * 0.115)


@pytest.mark.parametrize(
    ("retrain", "runs"),
    [
        (Retrain(held_out="d/t", schedule="rate(73 days)"), 5 / 12),
        (Retrain(held_out="d/t", schedule="cron(0 3 1 * ? *)"), 1),
        (Retrain(held_out="d/t", schedule="rate(1 hour)", period_days=10), 730 / 24 / 10),
        (Retrain(held_out="d/t", schedule="rate(73 days)", on=("drift",), period_days=7), 730 / 24 / 7),
    ],
)
def test_retraining_costs_as_many_runs_as_are_due_or_may_be_called_for(retrain: Retrain, runs: float) -> None:
    churn = model("churn")
    assert churn.training is not None
    found = items(replace(churn, training=replace(churn.training, retrain=retrain)))
    (one,) = [cost for cost in found if cost.what == "retraining"]

    training, scoring = 3 * 0.115, 2 * 5 / 60 * 0.115
    assert one.least == 0
    assert one.most == pytest.approx(runs * (training + scoring), rel=0.01)


def test_a_search_counts_its_jobs() -> None:
    assert item("mnist_tf", "training").most == pytest.approx(6 * 0.204)


def test_the_price_of_a_search_by_autopilot_is_not_known() -> None:
    churn = model("churn")
    assert churn.training is not None
    searched = replace(
        churn,
        training=replace(
            churn.training,
            container=None,
            instance=None,
            script=None,
            trials=(),
            metrics={},
            hyperparameters={},
            channels={"train": Channel(path="datasets/train", header=True)},
            objective=Objective(metric="AUC", goal="maximize"),
            automl=AutoML(target="leaves", problem_type="BinaryClassification", max_candidates=7),
        ),
    )
    (found,) = [one for one in items(searched) if one.what == "training"]

    assert (found.least, found.most) == (0.0, None)
    assert "for up to 7 candidates in 120 min" in found.how


def test_checks_are_counted_by_their_period() -> None:
    assert item("churn", "checks").how.startswith("730 of 3 to 30 min on ml.m5.xlarge")


def test_checks_on_several_instances_cost_all_of_them_and_the_one_that_merges() -> None:
    churn = model("churn")
    assert churn.monitoring is not None
    shared = replace(churn, monitoring=replace(churn.monitoring, instances=4))
    (found,) = [one for one in items(shared) if one.what == "checks"]
    one = item("churn", "checks")
    assert one.least is not None
    assert one.most is not None
    assert found.least == pytest.approx(5 * one.least)
    assert found.most == pytest.approx(5 * one.most)
    assert found.how == f"{one.how}, 5 instances each"


def test_a_gigabyte_costs_its_price_of_a_month() -> None:
    (found,) = [one for one in items(model("churn"), stored_bytes=10**9) if one.what == "storage"]
    assert found.least == found.most == 0.023


def test_an_instance_without_a_price_is_left_out_and_not_free() -> None:
    churn = model("churn")
    assert churn.serving is not None
    other = replace(churn, serving=replace(churn.serving, instance="ml.p5.48xlarge"))
    (found,) = [one for one in items(other) if one.what.startswith("endpoint")]
    assert (found.least, found.most) == (None, None)


def test_the_last_row_is_the_sum() -> None:
    costs = [Cost(what="a", least=1.0, most=2.0, how=""), Cost(what="b", least=None, most=None, how="")]
    assert table_of_costs(costs, title="").rows[-1][:3] == ("in all", 1.0, 2.0)


def test_the_table_says_its_date_its_region_and_what_it_is_worth() -> None:
    assert shipped().sentence == "us-east-1's prices of 2025-01-01, approximate and not verified"


@pytest.mark.parametrize("name", ["churn", "churn_forest", "mnist_torch", "mnist_tf"])
def test_every_instance_of_the_examples_has_a_price(name: str) -> None:
    assert [one.what for one in items(model(name)) if one.least is None] == ["logs of jobs and endpoints", "requests"]


def test_a_type_that_is_not_in_the_table_has_no_price() -> None:
    assert shipped().instance_hour("ml.none") is None


def test_the_types_that_a_model_declares_are_asked_for_once_each() -> None:
    assert instances_of(model=model("churn_forest")) == ["ml.m5.large", "ml.m5.xlarge"]


def test_a_table_of_one_s_own_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(TABLE.read_text().replace('"ml.m5.large" = 0.115', '"ml.m5.large" = 0.5'))
    assert read_prices(own).instance_hour("ml.m5.large") == 0.5


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[month]", "[months]", "misses 'month'"),
        ("key = 1.00", 'key = "much"', "could not convert string to float: 'much'"),
        ("key = 1.00", "key = -1", "key must cost 0 or more, got -1.0"),
        ("[hour]", "[hour", "Expected ']'"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, before: str, after: str, said: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(TABLE.read_text().replace(before, after))
    with pytest.raises(Failure, match=r"--prices must name a table as prices\.toml is one") as failure:
        read_prices(own)
    assert said in str(failure.value)


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"No such file or directory: .*; copy that and edit it"):
        read_prices(tmp_path / "none.toml")


def test_requests_cost_at_most_what_the_throttle_lets_through() -> None:
    assert item("churn", "api").least == 0
    assert item("churn", "api").most == pytest.approx(50 * 730 * 3600 / 1e6 * 3.50)


def test_traces_of_an_api_cost_at_most_what_x_ray_samples_of_its_throttle() -> None:
    churn = model("churn")
    assert churn.api is not None
    (traces,) = [one for one in items(replace(churn, api=replace(churn.api, tracing=True))) if one.what == "traces"]
    least = item("churn", "traces").least
    assert least is not None
    assert traces.least == pytest.approx(least)
    assert traces.most == pytest.approx(least + (1 + 0.05 * 49) * 730 * 3600 * 5 / 1e6)


@pytest.mark.parametrize(("name", "price"), [("churn", 69 * 3 * 0.30), ("churn_forest", None)])
def test_metrics_of_features_cost_what_the_api_says_that_there_are_or_nobody_knows(
    name: str, price: float | None
) -> None:
    declared = model(name)
    assert declared.monitoring is not None
    published = replace(declared, monitoring=replace(declared.monitoring, publish_metrics=True))
    (metrics,) = [one for one in items(published) if one.what == "metrics of features"]
    assert metrics.least == metrics.most == pytest.approx(price)


def test_logs_cost_what_is_written_and_how_long_it_is_kept() -> None:
    kept = (telemetry_of(model=model("churn"), log_days=days).costs(prices=shipped()) for days in (30, 60))
    short, long = (next(one for one in costs if "logs" in one.what) for costs in kept)
    assert short.most is not None
    assert long.most == pytest.approx(short.most * 0.56 / 0.53)


def test_an_mlflow_app_is_named_without_a_price() -> None:
    found = costs_of(model=model("churn"), prices=shipped(), stored_bytes=None, log_days=90, tracked=True)

    (app,) = [one for one in found if one.what == "MLflow App"]
    assert (app.least, app.most) == (None, None)
    assert "MLflow App" not in [one.what for one in items(model("churn"))]
