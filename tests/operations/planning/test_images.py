"""Images that AWS mends no more: found in models and in the requests of state machines, by the day."""

import datetime
from typing import Any

import pytest

from modelyard.manifest import catalogue
from modelyard.operations.costs.prices import shipped
from modelyard.operations.planning.images import unpatched_images
from modelyard.operations.planning.plan import plan
from modelyard.operations.planning.rendering import markdown
from modelyard.operations.planning.revision import Revision
from modelyard.template_checks.template import Template
from support.synth import Synthesized

REGISTRY = "763104351884.dkr.ecr.eu-west-1.amazonaws.com"


def revision(**images: str) -> Revision:
    models = {
        name: {"Type": "AWS::SageMaker::Model", "Properties": {"PrimaryContainer": {"Image": uri}}}
        for name, uri in images.items()
    }
    bodies = {name: {"Resources": {"Model": model}} for name, model in models.items()}
    return Revision(name="head", templates=tuple(Template(name=name, body=body) for name, body in bodies.items()))


@pytest.mark.parametrize(("day", "found"), [("2026-06-29", 0), ("2026-06-30", 0), ("2026-07-01", 1)])
def test_an_image_gets_patches_until_its_last_day(day: str, found: int) -> None:
    head = revision(one=f"{REGISTRY}/pytorch-inference:2.6.0-cpu-py312")

    assert len(unpatched_images(head, today=datetime.date.fromisoformat(day))) == found


def test_one_image_of_several_stacks_is_said_once() -> None:
    uri = f"{REGISTRY}/pytorch-inference:2.6.0-cpu-py312"

    (image,) = unpatched_images(revision(two=uri, one=uri), today=datetime.date(2026, 11, 1))

    assert image.sentence == (
        "pytorch-inference:2.6.0-cpu-py312 of two, one gets patches no more, since 2026-06-30; "
        "name a newer one, if there is one"
    )


def test_an_image_of_which_nothing_is_listed_is_said_to_be_unknown() -> None:
    (image,) = unpatched_images(revision(one=f"{REGISTRY}/sagemaker-xgboost:1.7-1"), today=datetime.date(2020, 1, 1))

    assert image.sentence.endswith("whether it gets patches is unknown")
    assert catalogue.listed_on() in image.sentence


def test_an_image_of_the_user_s_own_is_nobody_else_s_to_patch() -> None:
    assert unpatched_images(revision(one=f"{REGISTRY}/mine:7"), today=datetime.date(2099, 1, 1)) == ()


def test_the_images_of_models_and_of_jobs_are_found_in_templates_that_fit_any_region(app: Synthesized) -> None:
    templates = tuple(Template(name=name, body=body) for name, body in app.templates.items())

    found = unpatched_images(Revision(name="head", templates=templates), today=datetime.date(2099, 1, 1))

    stacks = {image.image.partition(":")[0]: image.stacks for image in found}
    assert stacks["pytorch-training"] == ("dev-mnist-torch-training",)
    assert {"dev-mnist-torch-batch", "dev-mnist-torch-serving"} <= set(stacks["pytorch-inference"])
    assert "dev-churn-monitoring" in stacks["sagemaker-scikit-learn"]


def test_the_plan_says_it_in_json_and_in_a_comment() -> None:
    head = revision(one=f"{REGISTRY}/pytorch-inference:2.6.0-cpu-py312")
    images = unpatched_images(head, today=datetime.date(2026, 11, 1))

    found = plan(base=head, head=head, prices=shipped(), images=images)

    (document,) = found.document["images"]
    assert document["until"] == "2026-06-30"
    assert document["sentence"] in markdown(found).replace("\\", "")
    assert found.code == 0


def test_every_image_has_one_last_day() -> None:
    table: Any = catalogue._images()["families"]
    days: dict[str, set[str | None]] = {}
    for scopes in table.values():
        for versions in scopes.values():
            for version in versions.values():
                for image in version["images"].values():
                    days.setdefault(f"{image['repository']}:{image['tag']}", set()).add(version["patched_until"])

    assert {image: found for image, found in days.items() if len(found) > 1} == {}
