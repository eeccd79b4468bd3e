from dataclasses import replace
from pathlib import Path

import pytest

from modelyard.manifest import Model
from modelyard.manifest.channel import Channel
from modelyard.manifest.data import Column, Data
from modelyard.manifest.reading import read_model
from modelyard.manifest.serving import Capture, Serving, Variant
from modelyard.operations.aws import Aws
from modelyard.operations.data.records import Labelled
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.quality.baseline import labelled_data
from support.local_aws import SharedLocalAws
from support.synth import ROOT
from support.yard import make_foundation


def deployment(*, capture: Capture | None) -> Deployment:
    serving = Serving(
        container="xgboost:3.2-0", instance="ml.m5.large", capture=capture, variants=(Variant(name="primary"),)
    )
    model = Model(name="plain", serving=serving)
    return Deployment(aws=Aws(region="eu-west-1"), model=model, stage="dev")


def test_labelled_data_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="must be a CSV file with the label first, there is none; name one"):
        labelled_data(deployment(capture=Capture()), file=tmp_path / "none.csv", most=1)


def test_of_described_data_the_label_is_where_they_have_it_and_no_more_are_read_than_are_asked_for(
    tmp_path: Path,
) -> None:
    columns = (Column(name="text", kind="text"), Column(name="mood", kind="text"))
    model = replace(deployment(capture=Capture()).model, data=Data(columns=columns, label="mood", format="jsonl"))
    described = Deployment(aws=Aws(region="eu-west-1"), model=model, stage="dev")
    file = tmp_path / "a.jsonl"
    file.write_text('{"text": "fine, thanks", "mood": "good"}\n{"text": "no", "mood": "bad"}\n')
    source = labelled_data(described, file=file, most=1)
    assert source.name == f"{file} (its column mood)"
    assert source.records == [Labelled(label="good", body=b'{"text": "fine, thanks"}')]
    file.write_text('{"text": "fine"}\n')
    with pytest.raises(Failure, match=r"a\.jsonl must have a label in each record, record 1 has none; add it"):
        labelled_data(described, file=file, most=1)
    with pytest.raises(Failure, match=r"none must be a jsonl file, there is none; name one"):
        labelled_data(described, file=tmp_path / "none", most=1)


def test_validation_data_of_another_bucket_are_not_read(local_aws: SharedLocalAws, reached: Aws) -> None:
    make_foundation(local_aws, stage="valaway", policy="Delete")
    churn = read_model(ROOT / "models" / "churn.toml")
    assert churn.training is not None
    away = {"validation": Channel(path="s3://theirs/validation/", content_type="text/csv")}
    model = replace(churn, training=replace(churn.training, channels=churn.training.channels | away))
    with pytest.raises(
        Failure, match="churn has no channel validation of CSV in the data bucket; name a file with the"
    ):
        labelled_data(Deployment(aws=reached, model=model, stage="valaway"), file=None, most=1)
