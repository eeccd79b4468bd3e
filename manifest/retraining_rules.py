"""What a run that nobody starts by hand needs of the other tables, to be started and to be compared."""

from collections.abc import Iterator

from modelyard.manifest.batch import Batch
from modelyard.manifest.data import Data, DataFormat
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.serving import Serving, Variant
from modelyard.manifest.training import Training

CSV_FORMAT: DataFormat = "csv"


def retrain_problems(
    *,
    model: str,
    training: Training | None,
    monitoring: Monitoring | None,
    serving: Serving | None,
    data: Data | None,
    scoring: Variant | Batch | None,
    promoted: str | None,
) -> Iterator[Problem | None]:
    """Yield what is wrong beside `[training.retrain]`; `scoring` names the `promoted` artifact."""
    retrain = training.retrain if training is not None else None
    if retrain is None:
        return
    quality = monitoring.quality if monitoring is not None else None
    key = "training.retrain"
    yield problem_if(
        bool(retrain.on) and monitoring is None,
        key=f"{key}.on",
        allowed="left out without [monitoring], whose checks raise the alarm",
        got=list(retrain.on),
        hint="add [monitoring], or write a schedule",
    )
    yield problem_if(
        quality is None,
        key=key,
        allowed="left out without [monitoring.quality]",
        got="given",
        hint="add it: it says what an answer means, by which two models are compared",
    )
    yield problem_if(
        data is not None and data.format != CSV_FORMAT,
        key=key,
        allowed="left out where the data are not CSV",
        got=data.format if data is not None else NOTHING,
        hint="start runs yourself: yard train",
    )
    places = () if quality is None else (quality.inference, quality.probability)
    named = [place for place in places if place is not None and not place.isdecimal()]
    yield problem_if(
        bool(named),
        key=key,
        allowed="left out where answers are not columns of CSV",
        got=named,
        hint="let the model answer in CSV, or start runs yourself: yard train",
    )
    variants = serving.variants if serving is not None else ()
    yield problem_if(
        len(variants) > 1,
        key=key,
        allowed="left out with several variants",
        got=[variant.name for variant in variants],
        hint="nobody says which of them a new model replaces: keep one",
    )
    yield problem_if(
        scoring is not None and scoring.package is not None,
        key=key,
        allowed="left out where a package is served, with which no run is compared",
        got="given",
        hint="promote a run: yard promote",
    )
    yield problem_if(
        promoted is not None and not promoted.startswith(DataLayout(model=model).training(run="")),
        key=key,
        allowed=f"left out where the promoted model is of no run of {model}",
        got=promoted,
        hint="promote a run of its own first: yard promote",
    )
