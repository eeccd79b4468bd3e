"""The app: Modelyard's stacks for models/ and stages.toml, and your own beside them.

cdk synth                       the stage dev
cdk deploy -c stage=prod --all
cdk synth -c preview=true       also what nobody has promoted a model for yet
"""

import os
from pathlib import Path

import aws_cdk as cdk
from modelyard.stacks.app import Modelyard, run

from stacks.endpoint_names import EndpointNamesStack


def build(app: cdk.App) -> Modelyard:
    """Define every stack."""
    modelyard = Modelyard(app, folder=Path(__file__).parent, validate=os.environ.get("CDK_VALIDATION") != "false")
    EndpointNamesStack(app, f"{modelyard.stage.name}-endpoint-names", modelyard=modelyard)
    return modelyard


if __name__ == "__main__":
    run(build)
