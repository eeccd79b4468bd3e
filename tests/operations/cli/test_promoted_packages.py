"""A model that is served by its package: imported, approved in the registry, promoted, deployed, asked."""

from collections.abc import Iterator

import pytest

from modelyard.manifest.reading import read_model
from support.local_aws import SharedLocalAws
from support.project_lives import ProjectLife, project_life
from support.projects import pack
from support.yard import Ran

STAGE = "yardpack"
MANIFEST = """
name = "ranker"

[batch]
instance = "ml.m5.large"

[serving]
container = "sklearn:1.9-0"
instance = "ml.m5.large"

[[serving.variants]]
name = "primary"   # the only one
"""
CODE = """
import pathlib


def model_fn(folder):
    return float(pathlib.Path(folder, "weight.txt").read_text())


def transform_fn(model, body, content_type, accept):
    return "\\n".join(str(float(line) * model) for line in body.split()), "text/csv"
"""


GROUP = f"{STAGE}-ranker-imported"


@pytest.fixture(scope="module")
def packaged(local_aws: SharedLocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectLife]:
    folder = tmp_path_factory.mktemp("packaged") / "mine"
    manifests = {"ranker": MANIFEST}
    with project_life(folder, aws=local_aws, stage=STAGE, model="ranker", manifests=manifests) as life:
        _live(life)
        yield life


def _live(life: ProjectLife) -> None:
    pack(life.folder / "model.tar.gz", files={"weight.txt": "3", "code/inference.py": CODE})
    life.cdk("bootstrap")
    life.deploy(f"{STAGE}-foundation")
    life.note("import", "import", "ranker", "model.tar.gz", "--json")
    sagemaker = life.aws.client("sagemaker")
    (listed,) = sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]
    package = listed["ModelPackageArn"]
    life.note("package too early", "promote", "ranker", "--package", package)
    life.note("approved too early", "promote", "ranker", "--approved")
    sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    life.note("package", "promote", "ranker", "--package", package, "--json")
    life.note("package again", "promote", "ranker", "--package", package)
    life.deploy()
    (life.folder / "row.csv").write_text("14", encoding="utf-8")
    life.note("invoke", "invoke", "ranker", "row.csv", "--json")
    life.note("verify", "verify", "ranker", "--data", "row.csv")
    life.note("transform", "transform", "ranker", "row.csv", "--output", "scored")
    served = life.manifest.read_text(encoding="utf-8")
    life.note("approved", "promote", "ranker", "--approved", "--json")
    life.said["served"] = Ran(code=0, out=served, err="")


def test_a_package_that_nobody_approved_is_not_promoted(packaged: ProjectLife) -> None:
    said = packaged.said["package too early"]

    assert said.code == 1
    assert "must be Approved to be served, it is PendingManualApproval" in said.err


def test_without_an_approved_version_the_registry_names_no_run(packaged: ProjectLife) -> None:
    said = packaged.said["approved too early"]

    assert (said.code, said.err) == (
        1,
        f"No version of {GROUP} is Approved; approve one: aws sagemaker update-model-package\n",
    )


def test_a_package_is_promoted_with_what_its_role_must_read(packaged: ProjectLife) -> None:
    document = packaged.said["package"].document

    assert packaged.said["served"].out == MANIFEST + (
        f'package = "{document["arn"]}"\n'
        f'package_artifacts = ["{document["artifacts"][0]}"]\n'
        f'package_images = ["{document["images"][0]}"]\n'
    )
    assert document["artifacts"][0].endswith("/output/model.tar.gz")


def test_the_same_package_again_changes_nothing(packaged: ProjectLife) -> None:
    assert "has these lines already" in packaged.said["package again"].err


def test_an_endpoint_answers_by_its_package(packaged: ProjectLife) -> None:
    assert packaged.said["invoke"].code == 0, packaged.said["invoke"].err
    assert packaged.said["invoke"].document["body"].strip() == "42.0"


def test_what_is_served_is_the_package_of_the_manifest(packaged: ProjectLife) -> None:
    said = packaged.said["verify"]

    assert said.code == 0, said.out + said.err
    assert packaged.said["package"].document["arn"] in said.out.replace("\n", "")


def test_files_are_scored_by_the_package(packaged: ProjectLife) -> None:
    said = packaged.said["transform"]

    assert said.code == 0, said.out + said.err
    (scored,) = (packaged.folder / "scored").rglob("*.out")
    assert scored.read_text(encoding="utf-8").strip() == "42.0"


def test_the_approved_version_s_run_is_promoted_in_the_place_of_the_package(packaged: ProjectLife) -> None:
    said = packaged.said["approved"]

    assert said.code == 0, said.err
    assert said.document["run"] == packaged.said["import"].document["run"]
    (variant,) = read_model(packaged.manifest).serving.variants  # type: ignore[union-attr]
    assert (variant.model, variant.package) == (said.document["model"], None)


@pytest.mark.parametrize("beside", [("--run", "r"), ("--trial", "t"), ("--to", "prod"), ("--approved",)])
def test_a_package_is_named_alone(packaged: ProjectLife, beside: tuple[str, ...]) -> None:
    said = packaged.yard("promote", "ranker", "--package", "arn", *beside)

    assert (said.code, said.err) == (
        1,
        f"--package must be given without {beside[0]}, which name a run's model; give one\n",
    )


def test_an_approved_version_names_its_run_itself(packaged: ProjectLife) -> None:
    said = packaged.yard("promote", "ranker", "--approved", "--run", "r")

    assert "--approved must be given without --run and --trial" in said.err


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("churn/3", "--package must be the ARN of a model package, got churn/3"),
        ("arn:aws:sagemaker:us-east-1:111122223333:model-package/none/3", "cannot be read: "),
    ],
)
def test_a_package_that_is_none_is_refused(packaged: ProjectLife, arn: str, said: str) -> None:
    assert said in packaged.yard("promote", "ranker", "--package", arn).err


@pytest.mark.parametrize(
    ("container", "said"),
    [
        (
            {"Environment": {"SAGEMAKER_SUBMIT_DIRECTORY": "s3://bucket/code.tar.gz"}},
            "downloads its script from s3://bucket/code",
        ),
        (
            {
                "ModelDataSource": {
                    "S3DataSource": {"S3Uri": "s3://bucket/m/", "S3DataType": "S3Prefix", "CompressionType": "None"}
                }
            },
            "has a container with a ModelDataSource",
        ),
    ],
)
def test_a_package_that_could_not_be_deployed_is_refused(
    packaged: ProjectLife, container: dict[str, object], said: str
) -> None:
    sagemaker, group = packaged.aws.client("sagemaker"), packaged.aws.name("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    made = sagemaker.create_model_package(
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        InferenceSpecification={"Containers": [{"Image": "own:1", **container}], "SupportedContentTypes": ["text/csv"]},
    )

    ran = packaged.yard("promote", "ranker", "--package", made["ModelPackageArn"])

    assert ran.code == 1
    assert said in ran.err


def test_an_approved_version_of_somebody_else_s_is_served_as_it_is(packaged: ProjectLife) -> None:
    sagemaker = packaged.aws.client("sagemaker")
    made = sagemaker.create_model_package(ModelPackageGroupName=GROUP, ModelApprovalStatus="Approved")
    try:
        said = packaged.yard("promote", "ranker", "--approved")
    finally:
        sagemaker.delete_model_package(ModelPackageName=made["ModelPackageArn"])

    assert "names no run and trial that made it; serve it as it is" in said.err
