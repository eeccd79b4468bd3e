"""What stands in the place of a model that nobody has promoted yet, in a preview of its stacks."""

import aws_cdk as cdk

from modelyard.manifest import Model

PARAMETER = "NotPromotedYet"


class Promotion:
    """The artifact and the baseline that the manifest names, or a stand-in that cannot be deployed.

    The stand-in is a parameter without a default: CloudFormation shows the whole stack, and refuses to create it.
    """

    def __init__(self, stack: cdk.Stack, *, model: Model) -> None:
        self._stack = stack
        self._model = model

    def artifact(self, *, promoted: str | None) -> str:
        """Return the key or URI of a model.tar.gz."""
        if promoted is not None:
            return promoted
        return f"{self._model.layout.training(run=self._parameter())}/model.tar.gz"

    def transformer(self, *, promoted: str | None) -> str:
        """Return the key or URI of the transformer that stands before a model."""
        if promoted is not None:
            return promoted
        return self._model.layout.transformer(digest="not-promoted", run=self._parameter())

    def baseline(self, *, promoted: str | None) -> str:
        """Return the prefix of a baseline."""
        return promoted if promoted is not None else self._model.layout.baseline(run=self._parameter())

    def quality_baseline(self, *, promoted: str | None) -> str:
        """Return the prefix of a baseline of quality."""
        return promoted if promoted is not None else self._model.layout.quality_baseline(run=self._parameter())

    def _parameter(self) -> str:
        parameter = self._stack.node.try_find_child(PARAMETER)
        if not isinstance(parameter, cdk.CfnParameter):
            name = self._model.name
            parameter = cdk.CfnParameter(
                self._stack,
                PARAMETER,
                type="String",
                min_length=1,
                description=f"A preview: deploy it after yard train {name} and yard promote {name}, which name the run",
            )
        return parameter.value_as_string
