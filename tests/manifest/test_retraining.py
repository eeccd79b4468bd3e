"""When a model may be trained again by itself, and what must be declared for that."""

from pathlib import Path

import pytest

from modelyard.manifest import Model, Refused, read_models, read_stage
from modelyard.manifest.problems import Invalid
from modelyard.manifest.retraining import Retrain
from support.manifests import WHOLE
from support.synth import ROOT

HELD_OUT = 'held_out = "datasets/test"'
QUALITY = '[monitoring.quality]\nproblem_type = "BinaryClassification"\nprobability = "0"\n'


def whole(tmp_path: Path, text: str) -> Model:
    """The model of a manifest, read as a command reads it."""
    models = tmp_path / "models"
    models.mkdir()
    (models / "whole.toml").write_text(text, encoding="utf-8")
    (tmp_path / "stages.toml").write_text("[dev]\n", encoding="utf-8")
    (model,) = read_models(
        models, stage=read_stage(tmp_path / "stages.toml", name="dev"), scripts=ROOT / "training_scripts"
    )
    return model


def retrained(line: str, *, quality: str = QUALITY) -> str:
    """The whole manifest with a `retrain` table of one line."""
    return WHOLE.replace("channels = ", f"retrain = {{ {line} }}\nchannels = ", 1) + quality


def refusal(tmp_path: Path, text: str) -> str:
    """What a manifest is refused with."""
    with pytest.raises(Refused) as refused:
        whole(tmp_path, text)
    return str(refused.value).replace(f" in {tmp_path}/models/whole.toml", "")


def test_a_run_is_started_by_a_schedule_or_by_an_alarm(tmp_path: Path) -> None:
    model = whole(tmp_path, retrained(f'{HELD_OUT}, schedule = "rate(7 days)", on = ["drift", "quality"]'))

    assert model.training is not None
    assert model.training.retrain == Retrain(
        held_out="datasets/test", schedule="rate(7 days)", on=("drift", "quality"), period_days=1
    )


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, 'schedule must be given, or on in its place, got nothing; write schedule = "rate(7 days)"'),
        ({"on": ("drift", "drift")}, 'on must be different alarms, got ["drift"]; name each once'),
        ({"schedule": "weekly"}, "schedule must be rate(1 day) or cron(0 3 * * ? *)"),
        ({"schedule": "cron(0 25 * * ? *)"}, "schedule must be a cron that EventBridge Scheduler takes"),
        ({"on": ("drift",), "period_days": 0}, "period_days must be between 1 and 90, got 0"),
        ({"on": ("drift",), "period_days": 91}, "period_days must be between 1 and 90, got 91"),
        ({"on": ("drift",), "held_out": "s3://b/k"}, "held_out must be a path such as datasets/train"),
        ({"on": ("drift",), "instance": "m5.large"}, "instance must be"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(values: dict[str, object], sentence: str) -> None:
    needed: dict[str, object] = {"held_out": "datasets/test"}

    with pytest.raises(Invalid) as refused:
        Retrain(**{**needed, **values})  # type: ignore[arg-type]

    assert sentence in str(refused.value)


def test_drift_has_no_alarm_without_monitoring(tmp_path: Path) -> None:
    text = retrained(f'{HELD_OUT}, on = ["drift"]', quality="").partition("[monitoring]")[0]

    assert (
        'training.retrain.on must be left out without [monitoring], whose checks raise the alarm, got ["drift"]'
        in refusal(tmp_path, text)
    )


def test_two_models_are_not_compared_where_nobody_says_what_an_answer_means(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, retrained(f'{HELD_OUT}, on = ["quality"]', quality=""))

    assert 'training.retrain must be left out without [monitoring.quality], got "given"; add it' in sentence


def test_answers_that_are_not_columns_of_csv_are_not_compared(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, retrained(f'{HELD_OUT}, on = ["drift"]', quality=QUALITY.replace('"0"', '"score"')))

    assert 'training.retrain must be left out where answers are not columns of CSV, got ["score"]' in sentence


def test_nobody_says_which_of_several_variants_a_new_model_replaces(tmp_path: Path) -> None:
    second = '[[serving.variants]]\nname = "second"\n[monitoring]'
    sentence = refusal(tmp_path, retrained(f'{HELD_OUT}, on = ["drift"]').replace("[monitoring]", second, 1))

    assert 'training.retrain must be left out with several variants, got ["primary", "second"]' in sentence


def test_a_promoted_model_from_elsewhere_is_not_compared_with(tmp_path: Path) -> None:
    text = retrained(f'{HELD_OUT}, on = ["drift"]')
    promoted = text.partition('model = "')[2].partition('"')[0]
    elsewhere = text.replace(f'"{promoted}"', '"s3://models/model.tar.gz"\nfrom_model = "other"', 1)

    assert "training.retrain must be left out where the promoted model is of no run of whole" in refusal(
        tmp_path, elsewhere
    )


def test_data_that_are_not_csv_are_not_added_to(tmp_path: Path) -> None:
    columns = '[{ name = "y", kind = "integer" }, { name = "x", kind = "number" }]'
    data = f'[data]\nformat = "jsonl"\nlabel = "y"\ncolumns = {columns}\n'
    sentence = refusal(tmp_path, retrained(f'{HELD_OUT}, on = ["drift"]') + data)

    assert 'training.retrain must be left out where the data are not CSV, got "jsonl"' in sentence


@pytest.mark.parametrize("name", ["train", "extra"])
def test_what_a_model_is_fitted_to_is_not_held_out(tmp_path: Path, name: str) -> None:
    text = retrained('held_out = "datasets/test", on = ["drift"]').replace(
        'channels = { train = "datasets/train" }',
        f'channels = {{ {name} = "datasets/test", validation = "datasets/v" }}',
    )

    assert (
        f"training.retrain.held_out must be a dataset that no model is fitted to (it is the channel {name})"
        in refusal(tmp_path, text)
    )


def test_a_channel_on_which_models_are_measured_may_be_held_out(tmp_path: Path) -> None:
    text = retrained('held_out = "datasets/v", on = ["drift"]').replace(
        'channels = { train = "datasets/train" }', 'channels = { train = "datasets/train", validation = "datasets/v" }'
    )

    assert whole(tmp_path, text).training is not None


def test_captures_are_added_to_a_channel_of_the_data_bucket(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, retrained(f'{HELD_OUT}, on = ["drift"], captures_to = "trian"'))

    assert (
        'training.retrain.captures_to must be a channel in the data bucket (train), got "trian"; '
        "name the channel that the training data are in, or leave it out" in sentence
    )


def test_the_held_out_data_are_among_those_that_the_bucket_must_hold(tmp_path: Path) -> None:
    assert "datasets/test" in whole(tmp_path, retrained(f'{HELD_OUT}, on = ["drift"]')).datasets


def test_the_instance_that_scores_must_run_the_serving_image(tmp_path: Path) -> None:
    model = whole(tmp_path, retrained(f'{HELD_OUT}, on = ["drift"]'))
    (use,) = [one for one in model.image_uses if one.instance_key == "training.retrain.instance"]

    assert (use.kind, use.scope) == ("transform", "inference")
