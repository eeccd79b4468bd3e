"""A manifest without what was promoted: which lines become comments, and which manifests are refused."""

import tomllib

import pytest

from modelyard.operations.failures import Failure
from modelyard.operations.promotion.unpromoted import without_promotion


def test_an_artifact_of_another_model_is_not_in_the_copy() -> None:
    variant = '[[serving.variants]]\nname = "a"\nmodel = "b/training/m.tar.gz"\nfrom_model = "b"\n'
    text = f'[training]\n{variant}[batch]\nmodel = "x"\n'
    left = tomllib.loads(without_promotion(text, file="a.toml"))
    assert left == {"training": {}, "serving": {"variants": [{"name": "a"}]}, "batch": {}}


def test_a_key_of_the_same_name_in_another_table_stays() -> None:
    text = '[training.hyperparameters]\nmodel = "deep"\nbaseline = 1\n'
    assert without_promotion(text, file="a.toml") == text


def test_a_manifest_that_trains_nothing_keeps_what_it_serves() -> None:
    text = '[[serving.variants]]\nname = "a"\nmodel = "b/training/m.tar.gz"\nfrom_model = "b"\n'
    assert without_promotion(text, file="a.toml") == text


def test_a_promotion_that_is_no_line_of_its_own_is_refused() -> None:
    text = '[training]\n[serving]\nvariants = [{ name = "a", model = "a/training/m.tar.gz" }]\n'
    with pytest.raises(Failure, match=r"a.toml must have each model, from_model and baseline .*; write them so"):
        without_promotion(text, file="a.toml")
