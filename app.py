"""The app: which stacks there are, from the manifests and the stage that the command line names.

cdk synth                       the stage dev, all models
cdk deploy -c stage=prod --all
cdk diff -c model=churn "dev-churn-*"
cdk synth -c preview=true       also what nobody has promoted yet, to be looked at and not deployed
cdk synth -c models=FOLDER      the models of another folder; stages.toml and training_scripts/ beside it, if there are
"""

import os
from pathlib import Path

import aws_cdk as cdk

from modelyard.stacks.app import Modelyard, run


def build(app: cdk.App) -> Modelyard:
    """Define every stack."""
    return Modelyard(app, folder=Path(__file__).parent, validate=os.environ.get("CDK_VALIDATION") != "false")


if __name__ == "__main__":
    run(build)
