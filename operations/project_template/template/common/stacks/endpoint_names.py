"""An example of a stack of your own. Without it: remove this file, its two lines in app.py and its test."""

from aws_cdk import aws_ssm as ssm
from constructs import Construct
from modelyard.stacks.app import Modelyard
from modelyard.stacks.stage_stack import StageStack


class EndpointNamesStack(StageStack):
    """The name of each model's endpoint in Parameter Store, where other applications look it up.

    As a StageStack it has the account, the region, the tags and the protection of its stage.
    """

    def __init__(self, scope: Construct, construct_id: str, *, modelyard: Modelyard) -> None:
        stage = modelyard.stage
        super().__init__(
            scope,
            construct_id,
            stage=stage,
            description=f"The names of the endpoints of {stage.name}, for their callers",
        )
        for model in modelyard.models:
            if model.serving is not None:
                ssm.StringParameter(
                    self,
                    model.slug,
                    parameter_name=f"/{stage.name}/{model.slug}/endpoint",
                    string_value=model.endpoint(stage=stage.name),
                )
