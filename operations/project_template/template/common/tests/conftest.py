"""The app's templates, synthesized once for each stage."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from app import build

PROJECT = Path(__file__).parent.parent
Templates = Mapping[str, Template]


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Templates]:
    """A function from a stage's name to its templates, also of what nobody has promoted a model for yet."""
    flags = json.loads((PROJECT / "cdk.json").read_text(encoding="utf-8"))["context"]

    @cache
    def synthesized(stage: str) -> Templates:
        folder = tmp_path_factory.mktemp(stage)
        app = cdk.App(outdir=str(folder), context={**flags, "stage": stage, "preview": "true"})
        build(app).synth()
        files = sorted(folder.glob("*.template.json"))
        return {
            file.name.removesuffix(".template.json"): Template.from_json(json.loads(file.read_text(encoding="utf-8")))
            for file in files
        }

    return synthesized


@pytest.fixture(scope="session")
def dev(templates: Callable[[str], Templates]) -> Templates:
    """The templates of the stage dev by the names of their stacks."""
    return templates("dev")
