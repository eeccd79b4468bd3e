"""Write `docs/manifest.md` from the dataclasses that read manifests: every key, its kind, default and limits.

make reference
"""

import dataclasses
import inspect
import types
import typing
from pathlib import Path
from typing import Any

from modelyard.manifest.answer import Answer
from modelyard.manifest.api import Api, Features
from modelyard.manifest.automl import AutoML
from modelyard.manifest.batch import Batch
from modelyard.manifest.channel import Channel, ChannelPath
from modelyard.manifest.data import Column, Data
from modelyard.manifest.delivery import Delivery
from modelyard.manifest.limits import ColumnLimits, Limits, Measures
from modelyard.manifest.model import Model
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.preprocessing import Preprocessing
from modelyard.manifest.quality import Quality
from modelyard.manifest.retraining import Retrain
from modelyard.manifest.rollout import Rollout
from modelyard.manifest.rules import (
    AtMost,
    Between,
    Container,
    Count,
    DataPath,
    Each,
    EachValue,
    Instance,
    JsonPath,
    Matches,
    OneOf,
    TimeZone,
)
from modelyard.manifest.scaling import Scaling
from modelyard.manifest.scaling_policies import ScalingMetric, Step, StepScaling, Tracking
from modelyard.manifest.scaling_schedule import ScheduledAction
from modelyard.manifest.serving import Alarms, Capture, Serverless, Serving, Variant
from modelyard.manifest.stack_kinds import STACK_KINDS
from modelyard.manifest.stage import Stage, Vpc
from modelyard.manifest.tracking import ExperimentTracking
from modelyard.manifest.training import Objective, Spot, Training, Trial
from modelyard.manifest.tuning import Range, Tuning

PAGE = Path(__file__).parent.parent / "docs" / "manifest.md"
TABLES: tuple[tuple[str, type], ...] = (
    ("A model: `models/<name>.toml`", Model),
    ("`[data]`", Data),
    ("`[[data.columns]]`", Column),
    ("`[preprocessing]`", Preprocessing),
    ("`[training]`", Training),
    ("`training.objective`", Objective),
    ("`training.channels.<name>`, or just the path", Channel),
    ("`[[training.trials]]`", Trial),
    ("`[training.tuning]`", Tuning),
    ("`training.tuning.ranges.<hyperparameter>`, or a list of words", Range),
    ("`[training.automl]`", AutoML),
    ("`training.spot`", Spot),
    ("`training.retrain`", Retrain),
    ("`[batch]`", Batch),
    ("`[serving]`", Serving),
    ("`[[serving.variants]]` and `serving.shadow`", Variant),
    ("`serving.capture`", Capture),
    ("`[serving.answer]`", Answer),
    ("`serving.scaling`", Scaling),
    ("`[[serving.scaling.tracking]]`", Tracking),
    ("`[[serving.scaling.steps]]`", StepScaling),
    ("`[[serving.scaling.steps.changes]]`", Step),
    ("`metric` of scaling, or just its preset", ScalingMetric),
    ("`[[serving.scaling.schedule]]`", ScheduledAction),
    ("`serving.rollout`", Rollout),
    ("`serving.alarms`", Alarms),
    ("`serving.serverless`", Serverless),
    ("`[monitoring]`", Monitoring),
    ("`[monitoring.quality]`", Quality),
    ("`[monitoring.limits]`", Limits),
    ("`[monitoring.limits.columns.<column>]`", ColumnLimits),
    ("`measures` of limits", Measures),
    ("`[api]`", Api),
    ("`[[api.features]]`", Features),
    ("A stage: `[<name>]` in `stages.toml`", Stage),
    ("`vpc` of a stage", Vpc),
    ("`delivery` of a stage", Delivery),
    ("`tracking` of a stage", ExperimentTracking),
)
HEAD = """# Every key of a manifest

This page is generated from the code that reads manifests (`make reference`). A key without a default is required.
A value that is not allowed is refused at synth, with one sentence for each problem.

The same code writes JSON Schemas, [for models](schemas/manifest.schema.json) and
[for stages](schemas/stage.schema.json). With the line `#:schema <path or URL>` at the top of a file, editors that use
[taplo](https://taplo.tamasfe.dev) (such as VS Code with Even Better TOML) complete keys and mark wrong values while you
type. A schema checks each value by itself; rules between values, such as `scaling.min` against `scaling.max`, are
checked at synth.

Every text, and every key of a table with keys of your own, is one line of visible characters that nothing evaluates: no
`{{`, `${`, `{%`, `%}` or `States.Function(`. Manifests and the folders of scripts are files, not links.
"""
STACKS = """## The stacks

A table of a manifest is a stack of its model; the other stacks are one for a stage. They are deployed in this order and
deleted in the reverse, and `yard` finds what it works on by their outputs.
"""
TOLD = {
    Container: "`family:version` or an image in ECR",
    Instance: "an instance type",
    DataPath: "a path below the model's prefix",
    ChannelPath: "a path below the model's prefix, or `s3://bucket/folder/`",
    JsonPath: "JSONPath",
    TimeZone: "a name of the database of time zones",
}
WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(section(title, kind) for title, kind in TABLES) + stacks()


def stacks() -> str:
    """Return the kinds of stack, in the order in which they are deployed."""
    rows = ""
    for kind in STACK_KINDS:
        name = f"<stage>-<model>-{kind.key}" if kind.of_model else f"<stage>-{kind.key}"
        needs, outputs = (", ".join(f"`{word}`" for word in words) for words in (kind.needs, kind.outputs))
        rows += f"| `{name}` | {kind.content} | {needs} | {outputs} |\n"
    return f"\n{STACKS}\n| stack | what it holds | needs | outputs |\n|---|---|---|---|\n{rows}"


def section(title: str, kind: type) -> str:
    """Return one table of a manifest: what it is for, and its keys."""
    hints = typing.get_type_hints(kind, include_extras=True)
    rows = "".join(row(field, hint=hints[field.name]) for field in dataclasses.fields(kind))
    return f"\n## {title}\n\n{inspect.getdoc(kind)}\n\n| key | value | default |\n|---|---|---|\n{rows}"


def row(field: dataclasses.Field[Any], *, hint: Any) -> str:
    """Return one key."""
    return f"| `{field.name}` | {described(hint)} | {default(field)} |\n"


def described(hint: Any) -> str:
    """Return what a key takes."""
    rules = [limit(rule) for rule in getattr(hint, "__metadata__", ())]
    return ", ".join([kind_of(hint), *(rule for rule in rules if rule)])


def kind_of(hint: Any) -> str:
    """Return a type in words."""
    hint = typing.get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " or ".join(f"`{one}`" for one in inner)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(kind_of(one) for one in inner if one is not type(None)))
    if origin is tuple:
        return f"list of {kind_of(inner[0])}"
    if origin is dict:
        return f"table of {kind_of(inner[1])}"
    return WORDS.get(hint, "table")


def limit(rule: Any) -> str:
    """Return a rule in words, where its kind says more than the type."""
    if isinstance(rule, Between):
        return f"{rule.low:,} to {rule.high:,}".replace(",", " ")
    if isinstance(rule, Count):
        return f"{rule.low} to {rule.high} of them"
    if isinstance(rule, OneOf):
        return f"one of {', '.join(map(str, rule.choices))}"
    if isinstance(rule, Matches):
        return rule.form
    if isinstance(rule, AtMost):
        return f"at most {rule.longest:,} characters".replace(",", " ")
    if isinstance(rule, Each):
        return limit(rule.rule)
    if isinstance(rule, EachValue):
        return f"each value {limit(rule.rule)}"
    return TOLD.get(type(rule), "")


def default(field: dataclasses.Field[Any]) -> str:
    """Return what holds when a key is left out."""
    if field.default_factory is not dataclasses.MISSING:
        return "none" if not dataclasses.is_dataclass(field.default_factory) else "its own defaults"
    if field.default is dataclasses.MISSING:
        return ""
    if isinstance(field.default, tuple):
        return ", ".join(f"`{one}`" for one in field.default) if field.default else "none"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return "none" if field.default is None else f"`{field.default}`"


if __name__ == "__main__":
    main()
