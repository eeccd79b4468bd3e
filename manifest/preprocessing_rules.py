"""What `[preprocessing]` and the tables that read its outputs, or serve what it fitted, must be to one another."""

from collections.abc import Iterator, Mapping

from modelyard.manifest.batch import Batch
from modelyard.manifest.data_layout import PREPROCESSED, TRANSFORMER
from modelyard.manifest.origin import artifact_problem
from modelyard.manifest.preprocessing import MOST_OUTPUTS, Preprocessing
from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.serving import Serving, Variant
from modelyard.manifest.training import Training

EXAMPLE = f'{{ train = "{PREPROCESSED}train" }}'


def output_problems(*, preprocessing: Preprocessing | None, training: Training | None) -> Iterator[Problem | None]:
    """Yield what is wrong with the outputs that are named: each has a job that writes it, and one at least is read."""
    outputs = training.outputs if training is not None else {}
    if preprocessing is None:
        for key, output in outputs.items():
            yield Problem(
                key=f"training.{key}",
                allowed="a dataset that you put into the data bucket, where there is no [preprocessing]",
                got=f"{PREPROCESSED}{output}",
                hint="add [preprocessing], or name the dataset otherwise, such as datasets/train",
            )
        return
    if training is None:
        yield Problem(
            key="preprocessing",
            allowed="left out without [training]",
            got="given",
            hint="add [training], whose trials read what is prepared, or remove the table",
        )
        return
    yield problem_if(
        training.retrain is not None,
        key="training.retrain",
        allowed="left out beside [preprocessing], for nothing prepares the captures that it adds",
        got="given",
        hint="start runs with yard train, or let the training script prepare the data",
    )
    yield problem_if(
        not outputs,
        key="training.channels",
        allowed="channels of which one at least reads what [preprocessing] writes",
        got=NOTHING,
        hint=f"write for instance channels = {EXAMPLE}",
    )
    for key, output in outputs.items():
        yield problem_if(
            output == TRANSFORMER,
            key=f"training.{key}",
            allowed=f"{PREPROCESSED} and the name of an output other than {TRANSFORMER}",
            got=f"{PREPROCESSED}{output}",
            hint="name it as the script names the folder that it writes",
        )
    count = len(set(outputs.values())) + preprocessing.transformer
    yield problem_if(
        count > MOST_OUTPUTS,
        key="training.channels",
        allowed=f"at most {MOST_OUTPUTS - preprocessing.transformer} different outputs of [preprocessing]",
        got=count - preprocessing.transformer,
        hint="write several of them into one folder, and name its parts: preprocessing/all/train",
    )


def transformer_problems(
    *, preprocessing: Preprocessing | None, serving: Serving | None, served: Mapping[str, Variant | Batch], model: str
) -> Iterator[Problem | None]:
    """Yield what is wrong with the transformers that stand before what is served, by the tables that name them.

    Sources: developer guide, "Deploy models with Serverless Inference", feature exclusions ("inference pipelines").
    """
    fitted = preprocessing is not None and preprocessing.transformer
    yield problem_if(
        fitted and serving is not None and serving.serverless is not None,
        key="serving.serverless",
        allowed="left out when preprocessing.transformer is true: no serverless endpoint has two containers",
        got="given",
        hint="serve from instances, or let the model's own script transform what it is sent",
    )
    # A package has what stands before its model in it.
    for key, one in served.items():
        if one.package is not None:
            continue
        if not fitted:
            yield problem_if(
                one.transformer is not None,
                key=f"{key}.transformer",
                allowed="left out unless preprocessing.transformer is true",
                got=one.transformer,
                hint="remove the line, or let [preprocessing] say in which container it runs",
            )
            continue
        yield problem_if(
            one.model is None and one.transformer is not None,
            key=f"{key}.transformer",
            allowed="left out until there is a model behind it",
            got=one.transformer,
            hint="remove it: `yard promote` writes both",
        )
        yield problem_if(
            one.model is not None and one.transformer is None and one.from_model is None,
            key=f"{key}.transformer",
            allowed="given beside a model that was trained behind one",
            got=NOTHING,
            hint="let `yard promote` write both lines, or set preprocessing.transformer to false",
        )
        if one.model is not None and one.transformer is not None:
            yield artifact_problem(
                key=key,
                artifact=one.transformer,
                from_model=one.from_model,
                model=model,
                member="transformer",
            )
