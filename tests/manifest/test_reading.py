from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.manifest import Model, Refused, Stage, read_models, read_stage
from modelyard.manifest.stage import Vpc

Read = Callable[..., tuple[Model, ...]]
Say = Callable[..., list[str]]

CHANNELS = 'channels = { train = { path = "datasets/train", content_type = "text/csv" } }'
HYPERPARAMETERS = "hyperparameters = { num_round = 10 }"
TRAINING = f"""
name = "churn"
[training]
container = "xgboost:3.2-0"
instance = "ml.m5.large"
objective = {{ metric = "train:auc", goal = "maximize" }}
{CHANNELS}
{HYPERPARAMETERS}
"""
SERVING = """
[serving]
instance = "ml.m5.large"
[[serving.variants]]
name = "primary"
"""
SERVERLESS = """
[serving]
serverless = { memory_mb = 2048, max_concurrency = 5 }
[[serving.variants]]
name = "primary"
"""
KIND = "write a value of that kind"
SCRIPT = (
    "{} must be a .py file in a folder of its own below training_scripts/, got {} in churn.toml; "
    'write it as "<folder>/train.py": the whole folder travels'
)
METRICS = """
[training.metrics]
"train:auc" = '(x)'
"""


def test_a_file_is_read_into_a_model(read: Read) -> None:
    (model,) = read(churn=TRAINING + SERVING)

    assert (model.name, model.serving_container) == ("churn", "xgboost:3.2-0")


def test_a_serverless_endpoint_is_refused_in_a_network(models: Path, scripts: Path) -> None:
    (models / "churn.toml").write_text(TRAINING + SERVERLESS)
    vpc = Vpc(
        subnets={"subnet-0a1b2c3d": "eu-west-1a", "subnet-1a1b2c3d": "eu-west-1b"}, security_groups=("sg-0a1b2c3d",)
    )

    with pytest.raises(Refused) as refused:
        read_models(models, stage=Stage(name="prod", vpc=vpc), scripts=scripts)

    assert [problem.sentence.replace(f"{models}/", "") for problem in refused.value.problems] == [
        "serving.serverless must be left out while [prod] of stages.toml has a vpc: no serverless endpoint can be in "
        'one, got "given" in churn.toml; serve from instances there, or remove the vpc from the stage'
    ]


def test_a_serverless_endpoint_is_read_for_a_stage_without_a_network(read: Read) -> None:
    (model,) = read(churn=TRAINING + SERVERLESS)

    assert model.serving is not None
    assert model.serving.serverless is not None


def test_files_are_read_in_their_order(read: Read) -> None:
    models = read(b='name = "b"', a='name = "a"', c='name = "c"')

    assert [model.name for model in models] == ["a", "b", "c"]


def test_a_folder_without_files_declares_nothing(read: Read) -> None:
    models = read()

    assert models == ()


@pytest.mark.parametrize("only", ["churn_forest", "churn-forest"])
def test_one_model_is_read_by_its_name_with_underscores_or_hyphens(read: Read, only: str) -> None:
    models = read(only=only, churn_forest='name = "churn_forest"', churn="not read")

    assert [model.name for model in models] == ["churn_forest"]


def test_an_unknown_model_is_refused_with_the_nearest(refusal: Say) -> None:
    said = refusal(only="chrun", churn=TRAINING, mnist='name = "mnist"')

    assert said == ['model must be one of churn, mnist, got "chrun"; did you mean churn?']


def test_a_model_that_is_like_no_other_is_refused_with_the_file_to_write(refusal: Say) -> None:
    said = refusal(only="fraud", churn=TRAINING)

    assert said == ['model must be one of churn, got "fraud"; write fraud.toml first']


def test_a_model_is_refused_where_none_is_declared(refusal: Say) -> None:
    said = refusal(only="churn")

    assert said == ['model must be declared, got "churn"; write churn.toml first']


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            'colour = "red"\n' + TRAINING,
            "colour must be one of the keys name, data, preprocessing, training, batch, serving, monitoring, api, "
            'got "colour" in churn.toml; remove it',
        ),
        (
            TRAINING + "[trianing]",
            "trianing must be one of the keys name, data, preprocessing, training, batch, serving, monitoring, api, "
            'got "trianing" in churn.toml; did you mean training?',
        ),
        (
            TRAINING + SERVING + "modell = 1",
            "serving.variants.primary.modell must be one of the keys name, model, transformer, from_model, package, "
            'package_artifacts, package_images, weight, instance, got "modell" in churn.toml; did you mean model?',
        ),
        (
            TRAINING + "[training.spot]\nmax_wait_minutes = 90\nmax_wait = 90",
            "training.spot.max_wait must be one of the keys max_wait_minutes, checkpoints, "
            'got "max_wait" in churn.toml; did you mean max_wait_minutes?',
        ),
        (
            TRAINING + '[serving]\ncompile = true\ninstance = "ml.m5.large"\n[[serving.variants]]\nname = "primary"',
            "serving.compile must be left out: SageMaker Neo compiles XGBoost up to 1.3, PyTorch up to 2.0 and "
            "TensorFlow up to 2.9, and none of today's versions, got true in churn.toml; export the model to ONNX in "
            "the training script, and serve it from a smaller instance: docs/training-scripts.md",
        ),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_or_with_the_reason(refusal: Say, text: str, sentence: str) -> None:
    said = refusal(churn=text)

    assert said == [sentence]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('volume_gb = "30"', f'training.volume_gb must be a whole number, got "30" in churn.toml; {KIND}'),
        ("volume_gb = 30.5", f"training.volume_gb must be a whole number, got 30.5 in churn.toml; {KIND}"),
        ("volume_gb = 30.0", f"training.volume_gb must be a whole number, got 30.0 in churn.toml; {KIND}"),
        ("volume_gb = true", f"training.volume_gb must be a whole number, got true in churn.toml; {KIND}"),
        ("volume_gb = [30]", f"training.volume_gb must be a whole number, got [30] in churn.toml; {KIND}"),
        ("script = 1", f"training.script must be a text in quotes, got 1 in churn.toml; {KIND}"),
        (
            "script = 2026-11-22",
            f'training.script must be a text in quotes, got "2026-11-22" in churn.toml; {KIND}',
        ),
        ("trials = 3", f"training.trials must be a list, got 3 in churn.toml; {KIND}"),
        ("[training.trials]\nname = 'a'", f'training.trials must be a list, got {{"name": "a"}} in churn.toml; {KIND}'),
        ('trials = ["a"]', f'training.trials[0] must be a table, got "a" in churn.toml; {KIND}'),
        ("spot = true", f"training.spot must be a table, got true in churn.toml; {KIND}"),
        ("metrics = ['a']", f'training.metrics must be a table, got ["a"] in churn.toml; {KIND}'),
        (
            "[training.metrics]\n'validation:auc' = 1",
            f'training.metrics."validation:auc" must be a text in quotes, got 1 in churn.toml; {KIND}',
        ),
        (
            "trials = [{ name = 'a', hyperparameters = { depths = [1, 2] } }]",
            "training.trials.a.hyperparameters.depths must be a number, a text or true or false, "
            f"got [1, 2] in churn.toml; {KIND}",
        ),
        (
            "trials = [{ name = 'a', hyperparameters = 3 }]",
            f"training.trials.a.hyperparameters must be a table, got 3 in churn.toml; {KIND}",
        ),
        (
            "tuning = { ranges = { eta = 3 } }",
            f"training.tuning.ranges.eta must be a table, got 3 in churn.toml; {KIND}",
        ),
        (
            "tuning = { ranges = { eta = { min = true, max = 2 } } }",
            f"training.tuning.ranges.eta.min must be a number, got true in churn.toml; {KIND}",
        ),
        (
            "tuning = { ranges = { eta = [1, 2] } }",
            f"training.tuning.ranges.eta.values[0] must be a text in quotes, got 1 in churn.toml; {KIND}\n"
            f"training.tuning.ranges.eta.values[1] must be a text in quotes, got 2 in churn.toml; {KIND}",
        ),
        (
            "tuning = { ranges = { eta = { min = 1, max = 2 } }, strategy = 'grid' }",
            "training.tuning.strategy must be one of Bayesian, Random, Grid, Hyperband, "
            f'got "grid" in churn.toml; {KIND}',
        ),
        (
            "tuning = { ranges = { eta = { min = 1, max = 2 } }, early_stopping = 1 }",
            f"training.tuning.early_stopping must be true or false, got 1 in churn.toml; {KIND}",
        ),
        (
            "tuning = { ranges = { eta = { min = 1, max = 2 } }, strategy = ['Grid'] }",
            "training.tuning.strategy must be one of Bayesian, Random, Grid, Hyperband, "
            f'got ["Grid"] in churn.toml; {KIND}',
        ),
    ],
)
def test_a_value_of_another_kind_is_refused_with_its_key(refusal: Say, text: str, sentence: str) -> None:
    said = refusal(churn=TRAINING + text)

    assert "\n".join(said) == sentence


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", ["name"]),
        ('name = "churn"\n[batch]', ["batch.instance"]),
        ('name = "churn"\n[monitoring]', ["monitoring.engine"]),
        (
            'name = "churn"\n[training]',
            ["training.objective", "training.channels"],
        ),
        (TRAINING + "[[training.trials]]", ["training.trials[0].name"]),
        (TRAINING + "[[training.trials]]\nname = 'a'\n[[training.trials]]", ["training.trials[1].name"]),
        (TRAINING + "[training.spot]", ["training.spot.max_wait_minutes"]),
    ],
)
def test_a_key_that_is_missing_is_refused(refusal: Say, text: str, keys: list[str]) -> None:
    said = refusal(churn=text)

    assert said == [f"{key} must be given, got nothing in churn.toml; add it" for key in keys]


@pytest.mark.parametrize("text", ["channels = 3", 'channels = "datasets/train"', "channels = []"])
def test_channels_that_are_no_table_are_refused(refusal: Say, text: str) -> None:
    said = refusal(churn=TRAINING.replace(CHANNELS, text))

    assert said == [f"training.channels must be a table, got {text.partition(' = ')[2]} in churn.toml; {KIND}"]


def test_a_channel_may_be_a_path_or_a_table(read: Read) -> None:
    channels = 'channels = { train = "a", test = { path = "b", content_type = "text/csv" } }'
    text = TRAINING.replace(CHANNELS, channels).replace("[training]", '[training]\nscript = "churn/train.py"')

    (model,) = read(churn=text + METRICS)

    assert model.training is not None
    assert {name: (one.path, one.content_type) for name, one in model.training.channels.items()} == {
        "train": ("a", None),
        "test": ("b", "text/csv"),
    }


def test_a_channels_path_is_held_to_its_rule(refusal: Say) -> None:
    said = refusal(churn=TRAINING.replace('"datasets/train"', '"/bucket/train"'))

    assert said == [
        'training.channels.train.path must be a path such as datasets/train, got "/bucket/train" in churn.toml; '
        "leave out s3://, the bucket and slashes at either end"
    ]


@pytest.mark.parametrize(("value", "read_as"), [("true", True), ("3", 3), ("0.5", 0.5), ('"3"', "3"), ("1.0", 1.0)])
def test_a_hyperparameter_stays_of_the_kind_that_it_is(
    read: Read,
    value: str,
    read_as: bool | int | float | str,  # noqa: FBT001 - a value among others
) -> None:
    text = TRAINING.replace("xgboost:3.2-0", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1")

    (model,) = read(churn=text.replace(HYPERPARAMETERS, f"hyperparameters = {{ depth = {value} }}"))

    assert model.training is not None
    found = model.training.hyperparameters["depth"]
    assert (type(found), found) == (type(read_as), read_as)


def test_a_whole_number_is_taken_where_a_number_is_wanted(read: Read) -> None:
    (model,) = read(churn=TRAINING + SERVING + "weight = 2")

    assert model.serving is not None
    assert model.serving.variants[0].weight == 2


def test_the_problems_of_several_tables_are_named_at_once(refusal: Say) -> None:
    text = (
        TRAINING.replace('"xgboost:3.2-0"', '"xgboost:9"')
        + """
        volume_gb = "a lot"
        [batch]
        instance = "ml.m5.large"
        max_retries = 4
        [serving]
        instance = "ml.m5.large"
        variants = []
        [monitoring]
        engine = "own"
        """
    )

    said = refusal(churn=text)

    assert sorted(sentence.partition(" ")[0] for sentence in said) == [
        "batch.max_retries",
        "monitoring.engine",
        "serving.variants",
        "training.container",
        "training.volume_gb",
    ]


def test_a_value_that_can_be_read_is_checked_beside_one_that_cannot(refusal: Say) -> None:
    said = refusal(churn=f'{TRAINING}volume_gb = 0\ninstance_count = "two"\ncolour = 1')

    assert sorted(sentence.partition(" ")[0] for sentence in said) == [
        "training.colour",
        "training.instance_count",
        "training.volume_gb",
    ]


def test_the_problems_of_several_files_are_named_at_once(refusal: Say) -> None:
    said = refusal(a='name = "b"', b="name = 1", c='name = "c"', d="name = ")

    assert [sentence.partition(";")[0].rpartition(" ")[2] for sentence in said] == ["a.toml", "b.toml", "d.toml"]


def test_a_problem_between_tables_is_named_once_the_tables_are_right(refusal: Say) -> None:
    said = refusal(churn=TRAINING + '[monitoring]\nengine = "drift"')

    assert [sentence.partition(" ")[0] for sentence in said] == ["monitoring", "training.baseline_dataset"]


def test_a_model_is_refused_another_name_than_its_files(refusal: Say) -> None:
    said = refusal(forest=TRAINING)

    assert said == ['name must be that of its file (forest), got "churn" in forest.toml; rename one of them']


def test_two_names_that_are_one_in_aws_are_both_refused(refusal: Say) -> None:
    said = refusal(**{"churn-forest": 'name = "churn-forest"', "churn_forest": 'name = "churn_forest"'})

    assert said == [
        f'name must be different from the others with hyphens for underscores, got "{name}" in {name}.toml; '
        "rename one of the files"
        for name in ("churn-forest", "churn_forest")
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name = ", "Invalid value (at end of document)"),
        ("[training\n", "Expected ']' at the end of a table declaration (at line 1, column 10)"),
        ('name = "a"\nname = "b"\n', "Cannot overwrite a value (at line 2, column 11)"),
    ],
)
def test_broken_toml_is_refused_with_its_place(refusal: Say, text: str, why: str) -> None:
    said = refusal(churn=text)

    assert said == [f"the file must be TOML that can be read, got {why} in churn.toml; correct it there"]


def test_a_number_of_thousands_of_digits_is_refused(refusal: Say) -> None:
    (said,) = refusal(churn=f"name = {'9' * 5000}")

    assert said.startswith("the file must be TOML that can be read, got Exceeds the limit")


def test_a_file_that_is_not_utf8_is_refused(refusal: Say, models: Path) -> None:
    (models / "churn.toml").write_bytes('name = "größe"'.encode("latin-1"))

    (said,) = refusal()

    assert said.startswith("the file must be TOML that can be read, got 'utf-8' codec can't decode byte 0xf6")


def test_a_folder_that_is_named_like_a_file_is_refused(refusal: Say, models: Path) -> None:
    (models / "churn.toml").mkdir()

    said = refusal()

    assert said == ["the file must be TOML that can be read, got Is a directory in churn.toml; correct it there"]


@pytest.mark.parametrize(
    "script",
    ["churn/missing.py", "train.py", "churn/notes.txt", "churn", "../outside/train.py", "churn/../churn/train.py"],
)
def test_a_script_that_is_not_in_a_folder_of_the_scripts_is_refused(refusal: Say, script: str) -> None:
    said = refusal(churn=f'{TRAINING}script = "{script}"\n{METRICS}')

    assert said == [SCRIPT.format("training.script", f'"{script}"')]


def test_a_script_by_its_absolute_path_is_refused(refusal: Say, scripts: Path) -> None:
    (said,) = refusal(churn=f'{TRAINING}script = "{scripts}/churn/train.py"\n{METRICS}')

    assert said.startswith("training.script must be a .py file in a folder of its own below training_scripts/, got ")


def test_a_serving_script_that_is_missing_is_refused(refusal: Say) -> None:
    said = refusal(churn=TRAINING + SERVING.replace("[[", 'script = "churn/serve.py"\n[['))

    assert said == [SCRIPT.format("serving.script", '"churn/serve.py"')]


def test_a_script_in_a_folder_of_the_scripts_is_taken(read: Read) -> None:
    (model,) = read(churn=f'{TRAINING}script = "churn/train.py"\n{METRICS}')

    assert model.serving_script == "churn/train.py"


@pytest.mark.parametrize(
    ("region", "text", "sentence"),
    [
        (
            "eu-north-1",
            TRAINING + SERVING.replace("ml.m5.large", "ml.t2.medium"),
            "serving.instance must be an instance type that eu-north-1 offers for hosting, "
            'got "ml.t2.medium" in churn.toml; choose another type or another region',
        ),
        (
            "eu-north-1",
            TRAINING + SERVING + '[serving.shadow]\nname = "new"\ninstance = "ml.t2.medium"',
            "serving.instance must be an instance type that eu-north-1 offers for hosting, "
            'got "ml.t2.medium" in churn.toml; choose another type or another region',
        ),
        (
            "eu-south-2",
            TRAINING + SERVING + '[batch]\ninstance = "ml.m5.large"',
            "batch.instance must be an instance type that eu-south-2 offers for transform, "
            'got "ml.m5.large" in churn.toml; choose another type or another region',
        ),
        (
            "mx-central-1",
            TRAINING,
            "training.container must be an image that lies in mx-central-1: SageMaker pulls from no other region, "
            'got "xgboost:3.2-0" in churn.toml; choose another container or another region',
        ),
        (
            "eu-west-2",
            TRAINING.replace("xgboost:3.2-0", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1"),
            "training.container must be an image that lies in eu-west-2: SageMaker pulls from no other region, "
            'got "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1" in churn.toml; '
            "choose another container or another region",
        ),
        (
            "af-south-1",
            TRAINING
            + 'baseline_dataset = "a"\n'
            + SERVING.replace("[[", "capture = {}\n[[")
            + '[monitoring]\nengine = "model-monitor"',
            "monitoring.engine must be drift in af-south-1, where CloudFormation knows no Model Monitor, "
            'got "model-monitor" in churn.toml; write engine = "drift"',
        ),
        (
            "eu-west-2",
            TRAINING
            + 'baseline_dataset = "a"\n'
            + SERVING.replace("[[", "capture = {}\n[[")
            + '[monitoring]\nengine = "drift"\nimage = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1"',
            "monitoring.image must be an image that lies in eu-west-2: SageMaker pulls from no other region, "
            'got "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1" in churn.toml; '
            "choose another container or another region",
        ),
    ],
)
def test_what_the_region_does_not_offer_is_refused(refusal: Say, region: str, text: str, sentence: str) -> None:
    said = refusal(region=region, churn=text)

    assert said == [sentence]


@pytest.mark.parametrize("table", [SERVING, '[batch]\ninstance = "ml.m5.large"'])
def test_an_image_of_another_region_is_refused_where_it_answers_too(refusal: Say, table: str) -> None:
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1"

    said = refusal(region="eu-west-2", churn=TRAINING.replace("xgboost:3.2-0", image) + table)

    assert [sentence.partition(" ")[0] for sentence in said] == ["training.container", "serving.container"]


def test_a_monitors_instance_that_the_region_does_not_offer_is_refused(refusal: Say) -> None:
    text = TRAINING + 'baseline_dataset = "a"\n' + SERVING.replace("[[", "capture = {}\n[[") + "[monitoring]\n"

    said = refusal(region="ap-southeast-5", churn=text + 'engine = "drift"\ninstance = "ml.m5.xlarge"')

    assert (
        "monitoring.instance must be an instance type that ap-southeast-5 offers for processing, "
        'got "ml.m5.xlarge" in churn.toml; choose another type or another region'
    ) in said


def test_what_the_region_offers_is_taken(read: Read) -> None:
    (model,) = read(region="eu-west-1", churn=TRAINING + SERVING.replace("ml.m5.large", "ml.t2.medium"))

    assert model.serving is not None


def test_nothing_is_asked_of_a_region_that_is_not_known(read: Read) -> None:
    (model,) = read(churn=TRAINING + SERVING.replace("ml.m5.large", "ml.t2.medium"))

    assert model.serving is not None


def test_a_stage_is_read_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "stages.toml"
    file.write_text('[dev]\n[prod]\nregion = "eu-west-1"', encoding="utf-8")

    stage = read_stage(file, name="prod")

    assert stage == Stage(name="prod", region="eu-west-1")


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("prd", "[dev]\n[prod]", 'stage must be one of dev, prod, got "prd" in stages.toml; did you mean prod?'),
        ("live", "[dev]\n[prod]", 'stage must be one of dev, prod, got "live" in stages.toml; write [live] there'),
        ("dev", "", 'stage must be declared, got "dev" in stages.toml; write [dev] there'),
        (
            "dev",
            "[dev]\n[Prod]",
            'Prod.name must be a word of at most ten lower-case letters, got "Prod" in stages.toml; '
            "it begins every name in AWS",
        ),
        ("dev", "dev = 1", "dev must be a table, got 1 in stages.toml; write [dev]"),
        ("dev", "[[dev]]", "dev must be a table, got [{}] in stages.toml; write [dev]"),
        (
            "dev",
            '[dev]\n[prod]\nregion = "Ireland"',
            'prod.region must be a region such as eu-west-1, got "Ireland" in stages.toml; '
            "check it against the AWS console",
        ),
        (
            "dev",
            "[dev]\naccount = 123456789012",
            f"dev.account must be a text in quotes, got 123456789012 in stages.toml; {KIND}",
        ),
        (
            "dev",
            "[dev.vpc]\nsubnets = ['subnet-0a1b2c3d']\nsecurity_groups = ['sg-0a1b2c3d']",
            f'dev.vpc.subnets must be a table, got ["subnet-0a1b2c3d"] in stages.toml; {KIND}',
        ),
        (
            "prod",
            '[prod]\nname = "dev"',
            'prod.name must be left out: the stage is named prod, got "dev" in stages.toml; remove it',
        ),
        (
            "dev",
            "[dev]\nremoval = 'keep'",
            f'dev.removal must be one of retain, destroy, got "keep" in stages.toml; {KIND}',
        ),
    ],
)
def test_a_stage_is_refused_with_its_table(
    stage_refusal: Callable[[str, str], list[str]], name: str, text: str, sentence: str
) -> None:
    said = stage_refusal(name, text)

    assert said == [sentence]


def test_the_problems_of_all_stages_and_the_name_are_named_at_once(
    stage_refusal: Callable[[str, str], list[str]],
) -> None:
    said = stage_refusal("test", "[dev]\nlog_days = 2\n[prod]\ncolour = 1")

    assert [sentence.partition(" ")[0] for sentence in said] == ["dev.log_days", "prod.colour", "stage"]


def test_a_file_of_stages_that_is_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "stages.toml"

    with pytest.raises(Refused) as refused:
        read_stage(file, name="dev")

    assert str(refused.value) == (
        f"the file must be TOML that can be read, got No such file or directory in {file}; correct it there"
    )


def test_a_folder_of_models_that_is_not_there_declares_nothing(tmp_path: Path) -> None:
    models = read_models(tmp_path / "models", stage=Stage(name="dev"), scripts=tmp_path)

    assert models == ()
