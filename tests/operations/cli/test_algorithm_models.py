"""A model that an algorithm resource trains: refused by its name on this machine, promoted by the package of its run.

No algorithm is here that could train. The run that is promoted is therefore written as one leaves it on AWS: its
leaderboard in the bucket, its version in the registry, whose description there is in each test.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from modelyard.manifest.reading import read_model
from modelyard.manifest.serving import Variant
from support.local_aws import SharedLocalAws
from support.project_lives import ProjectLife, project_life

STAGE = "yardalgo"
ALGORITHM = "arn:aws:sagemaker:us-east-1:865070037744:algorithm/decision-trees-0123456789abcdef"
MANIFEST = f"""
name = "leavers"

[training]
algorithm = "{ALGORITHM}"
instance = "ml.m5.large"
objective = {{ metric = "auc", goal = "maximize" }}
channels = {{ training = {{ path = "datasets/train" }} }}

[[training.trials]]
name = "deep"

[serving]
instance = "ml.m5.large"

[[serving.variants]]
name = "primary"
"""
TUNED = MANIFEST.replace("leavers", "seekers").replace(
    '[[training.trials]]\nname = "deep"', "[training.tuning]\nmax_jobs = 2\nranges = { depth = { min = 2, max = 8 } }"
)
RUN, JOB = "20261128t080000", f"{STAGE}-leavers--deep-20261128t080000"
TRIAL = {"name": "deep", "job": JOB, "status": "Completed", "hyperparameters": {}, "metrics": {"auc": 0.9}}


class Life(ProjectLife):
    """A life in which SageMaker's part is played: what it registers of an algorithm."""

    @property
    def variant(self) -> Variant:
        serving = read_model(self.manifest).serving
        assert serving is not None
        return serving.variants[0]

    @property
    def bucket(self) -> str:
        (stack,) = self.aws.client("cloudformation").describe_stacks(StackName=f"{STAGE}-foundation")["Stacks"]
        return next(str(one["OutputValue"]) for one in stack["Outputs"] if one["OutputKey"] == "DataBucketName")

    @property
    def artifact(self) -> str:
        return f"s3://{self.bucket}/leavers/training/{RUN}/{JOB}/output/model.tar.gz"

    def register(self, *, approval: str = "Approved", **container: Any) -> str:
        """Register the run's best as SageMaker describes what it has made of an algorithm."""
        sagemaker = self.aws.client("sagemaker")
        made = sagemaker.create_model_package(
            ModelPackageGroupName=f"{STAGE}-leavers",
            ModelApprovalStatus=approval,
            InferenceSpecification={
                "Containers": [{"Image": "1.dkr/trees:1", "ModelDataUrl": self.artifact, **container}],
                "SupportedContentTypes": ["text/csv"],
            },
            CustomerMetadataProperties={"run": RUN, "trial": "deep", "objective": "auc", "value": "0.9"},
        )
        return str(made["ModelPackageArn"])


@pytest.fixture(scope="module")
def life(local_aws: SharedLocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    folder = tmp_path_factory.mktemp("algorithm") / "mine"
    manifests = {"leavers": MANIFEST, "seekers": TUNED}
    with project_life(folder, aws=local_aws, stage=STAGE, model="leavers", manifests=manifests) as found:
        life = Life(folder=folder, aws=local_aws, stage=STAGE, model=found.model)
        _live(life)
        yield life


def _live(life: Life) -> None:
    life.cdk("bootstrap")
    life.deploy()
    for model in ("leavers", "seekers"):
        data = life.folder / "data" / model / "train"
        data.mkdir(parents=True)
        (data / "train.csv").write_text("1,2\n0,3\n", encoding="utf-8")
        life.said[f"push {model}"] = life.yard("data", "push", model)
        life.said[f"train {model}"] = life.yard("train", model, "--wait")
    board = {"model": "leavers", "run": RUN, "objective": {"metric": "auc", "goal": "maximize"}, "trials": [TRIAL]}
    life.aws.client("s3").put_object(
        Bucket=life.bucket, Key=f"leavers/training/{RUN}/leaderboard.json", Body=json.dumps(board).encode()
    )


@pytest.fixture
def untouched(life: Life) -> Iterator[Life]:
    """The life with a manifest as it was and without versions."""
    sagemaker = life.aws.client("sagemaker")
    yield life
    life.manifest.write_text(MANIFEST, encoding="utf-8")
    listed = sagemaker.list_model_packages(ModelPackageGroupName=f"{STAGE}-leavers")
    for one in listed["ModelPackageSummaryList"]:
        sagemaker.delete_model_package(ModelPackageName=one["ModelPackageArn"])


@pytest.mark.parametrize("model", ["leavers", "seekers"])
def test_a_run_on_this_machine_ends_with_what_is_not_here_and_what_to_do(life: Life, model: str) -> None:
    said = life.said[f"train {model}"]

    assert said.code == 1
    assert "algorithmSpecification.algorithmName is not rehearsed" in said.err
    assert "an algorithm's image is not on this machine: rehearse with a container" in said.err
    assert "Traceback" not in said.out + said.err


def test_a_package_from_an_algorithm_is_not_registered_on_this_machine(life: Life) -> None:
    sagemaker = life.aws.client("sagemaker")
    source = {"AlgorithmName": ALGORITHM, "ModelDataUrl": life.artifact}

    with pytest.raises(
        sagemaker.exceptions.ClientError, match="an algorithm's containers are not known on this machine"
    ):
        sagemaker.create_model_package(
            ModelPackageGroupName=f"{STAGE}-leavers", SourceAlgorithmSpecification={"SourceAlgorithms": [source]}
        )


def test_the_best_is_promoted_by_the_package_of_its_run(untouched: Life) -> None:
    package = untouched.register(ProductId="prod-0123")

    said = untouched.yard("promote", "leavers", "--json")

    assert said.code == 0, said.err
    assert untouched.variant.package == package
    assert untouched.variant.package_artifacts == (untouched.artifact,)


def test_of_a_product_no_image_is_written(untouched: Life) -> None:
    untouched.register(ProductId="prod-0123")
    untouched.yard("promote", "leavers")

    assert "package_images" not in untouched.manifest.read_text(encoding="utf-8")


def test_of_an_algorithm_of_one_s_own_the_image_is_written(untouched: Life) -> None:
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/trees:1"
    own = MANIFEST.replace("instance =", f'algorithm_image = "{image}"\ninstance =', 1)
    untouched.manifest.write_text(own, encoding="utf-8")
    untouched.register(Image=image)

    said = untouched.yard("promote", "leavers")

    assert said.code == 0, said.err
    assert untouched.variant.package_images == (image,)


def test_a_version_is_promoted_once_it_is_approved(untouched: Life) -> None:
    untouched.register(approval="PendingManualApproval")

    said = untouched.yard("promote", "leavers")

    assert said.code == 1
    assert "must be Approved to be served, it is PendingManualApproval; approve it first" in said.err


def test_a_product_s_package_goes_where_one_with_images_was(untouched: Life) -> None:
    images = '\npackage = "arn:aws:sagemaker:us-east-1:123456789012:model-package/other/1"\npackage_images = ["x"]\n'
    images = images.replace('"x"', '"123456789012.dkr.ecr.us-east-1.amazonaws.com/trees:1"')
    untouched.manifest.write_text(MANIFEST + images, encoding="utf-8")
    package = untouched.register(ProductId="prod-0123")

    said = untouched.yard("promote", "leavers", "--force")

    assert said.code == 0, said.err
    assert (untouched.variant.package, untouched.variant.package_images) == (package, ())
