"""What a stack of one model is made from."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from modelyard.manifest import Model
from modelyard.manifest.stack_kinds import StackKey, stack_kind
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.stage_stack import StageStack

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelContext:
    """A model whose stacks are being made.

    Attributes:
        foundation: The stack that all models of the stage share.
        model: What is declared of the model.
        scripts: The folder of training scripts.
        outdir: Where the app writes its templates and archives.
        preview: Whether stacks are made of what nobody has promoted yet.
        stacks: The model's stacks so far.
    """

    foundation: FoundationStack
    model: Model
    scripts: Path
    outdir: Path
    preview: bool
    stacks: Mapping[StackKey, StageStack]

    def table(self, kind: type[T]) -> T:
        """Return the model's table of a type, which a stack is made of only where it is declared."""
        return next(table for key in self.model.__slots__ if isinstance(table := getattr(self.model, key), kind))

    def stack(self, kind: type[T]) -> T:
        """Return the model's stack of a class, made before because this one needs it."""
        return next(stack for stack in self.stacks.values() if isinstance(stack, kind))


class ModelStack(StageStack):
    """A stack of one model, made from a table of its manifest."""

    def __init__(self, foundation: FoundationStack, key: StackKey, *, model: Model, description: str) -> None:
        super().__init__(
            foundation.app,
            stack_kind(key).stack_name(stage=foundation.stage.name, model=model),
            stage=foundation.stage,
            description=description,
            model=model.name,
        )

    @classmethod
    @abstractmethod
    def from_context(cls, context: ModelContext) -> Self:
        """Return the stack for a model that declares its table."""
