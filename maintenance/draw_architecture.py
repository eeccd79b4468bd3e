"""Draw `docs/architecture.svg` from the synthesized templates: the stacks, what is in them, what they read and write.

    make picture

Boxes are the stacks of one model, cylinders the folders of the data bucket; an arrow is a permission of a role, so the
picture shows what the app may do, not what someone remembers. A test draws it again and compares.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from modelyard.manifest.stack_kinds import MODEL_STACK_KINDS
from modelyard.stacks.assembly import Declarations, build_app

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "architecture.svg"
MODEL = "churn"
TABLES: tuple[str, ...] = tuple(kind.key for kind in MODEL_STACK_KINDS)
FOLDERS = ("datasets", "training", "baseline", "transform", "capture", "ground-truth", "merged", "monitoring")

# What a box lists; the rest (roles, logs) is in every stack and would say nothing.
SHOWN = {
    "AWS::SageMaker::Experiment": "experiment",
    "AWS::SageMaker::ModelPackageGroup": "model package group",
    "AWS::SageMaker::Model": "model",
    "AWS::SageMaker::EndpointConfig": "endpoint configuration",
    "AWS::SageMaker::Endpoint": "endpoint",
    "AWS::SageMaker::DataQualityJobDefinition": "job definition",
    "AWS::SageMaker::ModelQualityJobDefinition": "job definition of quality",
    "AWS::SageMaker::MonitoringSchedule": "monitoring schedule",
    "AWS::ApplicationAutoScaling::ScalableTarget": "scalable target",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "scaling policy",
    "AWS::StepFunctions::StateMachine": "state machine",
    "AWS::Scheduler::Schedule": "schedule",
    "AWS::Events::Rule": "rule",
    "AWS::CloudWatch::Alarm": "alarm",
    "AWS::CloudWatch::Dashboard": "dashboard",
    "AWS::ApiGateway::RestApi": "REST API",
    "AWS::ApiGateway::RequestValidator": "request validator",
    "AWS::ApiGateway::Method": "method",
    "AWS::ApiGateway::Stage": "stage",
}
WIDTH, HEIGHT, BOX_WIDTH, BOX_TOP, BOX_HEIGHT, LINE = 1060, 512, 192, 58, 180, 20
FOLDER_TOP, FOLDER_WIDTH, FOLDER_GAP, FOLDER_HEIGHT = 376, 109, 20, 60
STYLE = """
  .paper { fill: #ffffff } .box { fill: #f3f6fa; stroke: #5b6b7f } .folder { fill: #fdf6e3; stroke: #8a6d1d }
  text { font: 14px system-ui, sans-serif; fill: #1c2733 } .title { font-weight: 600 } .small { font-size: 12px }
  .read { stroke: #2563a8 } .write { stroke: #b4481e } .arrow { fill: none; stroke-width: 1.8 }
  .read-head { fill: #2563a8 } .write-head { fill: #b4481e }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #14181d } .box { fill: #1f2731; stroke: #8fa1b5 } .folder { fill: #2b2617; stroke: #c9a94a }
    text { fill: #e6ebf1 } .read { stroke: #79b0ea } .write { stroke: #ef9a74 }
    .read-head { fill: #79b0ea } .write-head { fill: #ef9a74 }
  }
"""


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """A permission: which stack's roles read or write which folder of the data bucket."""

    table: str
    folder: str
    writes: bool


def main() -> None:
    """Write the picture anew."""
    with tempfile.TemporaryDirectory() as folder:
        templates = synthesized(Path(folder))
    PICTURE.write_text(draw(templates), encoding="utf-8")


def synthesized(folder: Path) -> dict[str, Any]:
    """Return the templates of the model, by the names of their stacks."""
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(outdir=str(folder), context=context, builtin_cloud_formation_validation=False)
    declarations = Declarations(
        models=ROOT / "models",
        stages=ROOT / "stages.toml",
        scripts=ROOT / "training_scripts",
        stage="dev",
        model=MODEL,
        preview=True,
        destroy_data=None,
    )
    build_app(app, declarations=declarations, validate=False)
    return {stack.stack_name: stack.template for stack in app.synth().stacks}


def draw(templates: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the picture as SVG."""
    names = {table: f"dev-{MODEL}-{table}" for table in TABLES}
    stacks = {table: templates[name] for table, name in names.items() if name in templates}
    found = sorted(set(arrows(stacks)), key=lambda one: (one.table, one.folder, one.writes))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="The stacks of a model and the folders of the data bucket that they read and write">',
        f"<style>{STYLE}</style>",
        heads(),
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>',
        legend(),
        *(line(arrow, spread=spread(arrow, among=found)) for arrow in found),
        *(box(table, template=template) for table, template in stacks.items()),
        *(cylinder(folder) for folder in FOLDERS),
        foundation(templates["dev-foundation"]),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def arrows(stacks: Mapping[str, Mapping[str, Any]]) -> Iterator[Arrow]:
    """Yield every permission on the data bucket's objects."""
    for table, template in stacks.items():
        for body in template["Resources"].values():
            for policy in body.get("Properties", {}).get("Policies", ()):
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield from _granted(table, statement=statement)


def _granted(table: str, *, statement: Mapping[str, Any]) -> Iterator[Arrow]:
    kinds = {"s3:GetObject": False, "s3:PutObject": True}
    for action in set(kinds) & set(statement["Action"]):
        for resource in statement["Resource"]:
            folder = _folder(resource)
            if folder is not None:
                yield Arrow(table=table, folder=folder, writes=kinds[action])


def _folder(resource: Any) -> str | None:
    """The folder below the model's own that an ARN reaches, if it is one of the data bucket's."""
    texts = [part for part in resource.get("Fn::Join", ["", []])[1] if isinstance(part, str)]
    for text in texts:
        inner = text.partition(f"/{MODEL}/")[2]
        if inner:
            return inner.split("/")[0]
    return None


def heads() -> str:
    """Return the heads of both kinds of arrows."""
    return "".join(
        f'<marker id="{kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path class="{kind}-head" d="M0 0L8 4L0 8z"/></marker>'
        for kind in ("read", "write")
    )


def legend() -> str:
    """Return what the picture is of, and its colours."""
    return (
        '<text class="title" x="24" y="36">A model in one stage: its stacks, and what they do in the data bucket</text>'
        '<text class="small" x="746" y="36">reads</text>'
        '<path class="arrow read" d="M786 31h36" marker-end="url(#read)"/>'
        '<text class="small" x="862" y="36">writes</text>'
        '<path class="arrow write" d="M906 31h36" marker-end="url(#write)"/>'
    )


def box(table: str, *, template: Mapping[str, Any]) -> str:
    """Return a stack with what is in it."""
    lines = contents(template)
    left = _box_left(table)
    rows = "".join(
        f'<text class="small" x="{left + 14}" y="{BOX_TOP + 48 + LINE * row}">{escape(text)}</text>'
        for row, text in enumerate(lines)
    )
    return (
        f'<rect class="box" x="{left}" y="{BOX_TOP}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8"/>'
        f'<text class="title" x="{left + 14}" y="{BOX_TOP + 26}">{table}</text>{rows}'
    )


def contents(template: Mapping[str, Any]) -> list[str]:
    """Return the kinds of resources of a stack with their numbers."""
    types = [body["Type"] for body in template["Resources"].values()]
    counted = [(name, types.count(kind)) for kind, name in SHOWN.items() if kind in types]
    return [name if count == 1 else f"{count} {name}s" for name, count in counted]


def cylinder(folder: str) -> str:
    """Return a folder of the data bucket."""
    left = _folder_left(folder)
    middle = left + FOLDER_WIDTH // 2
    return (
        f'<rect class="folder" x="{left}" y="{FOLDER_TOP}" width="{FOLDER_WIDTH}" height="{FOLDER_HEIGHT}" rx="22"/>'
        f'<text class="title" x="{middle}" y="{FOLDER_TOP + 38}" text-anchor="middle">{folder}/</text>'
    )


def foundation(template: Mapping[str, Any]) -> str:
    """Return the stack below all others."""
    types = {body["Type"].rpartition("::")[2] for body in template["Resources"].values()}
    names = {"Key": "key", "Bucket": "data bucket and access logs", "Topic": "alert topic"}
    listed = ", ".join(name for kind, name in names.items() if kind in types)
    return (
        f'<rect class="box" x="24" y="460" width="{WIDTH - 48}" height="36" rx="8"/>'
        f'<text x="{WIDTH // 2}" y="483" text-anchor="middle"><tspan class="title">foundation</tspan>'
        f" (kept when all else goes): {listed}</text>"
    )


def line(arrow: Arrow, *, spread: tuple[int, int]) -> str:
    """Return an arrow down to what is written, up from what is read."""
    top = (_box_left(arrow.table) + BOX_WIDTH // 2 + spread[0], BOX_TOP + BOX_HEIGHT)
    bottom = (_folder_left(arrow.folder) + FOLDER_WIDTH // 2 + spread[1], FOLDER_TOP)
    (x1, y1), (x2, y2) = (top, bottom) if arrow.writes else (bottom, top)
    kind = "write" if arrow.writes else "read"
    middle = (y1 + y2) // 2
    return (
        f'<path class="arrow {kind}" d="M{x1} {y1}C{x1} {middle} {x2} {middle} {x2} {y2}" marker-end="url(#{kind})"/>'
    )


def spread(arrow: Arrow, *, among: list[Arrow]) -> tuple[int, int]:
    """Return how far from the middle an arrow touches box and folder, so that no two touch at one point."""
    at_box = sorted(
        (one for one in among if one.table == arrow.table), key=lambda one: (FOLDERS.index(one.folder), one.writes)
    )
    at_folder = sorted(
        (one for one in among if one.folder == arrow.folder), key=lambda one: (TABLES.index(one.table), one.writes)
    )
    return _offset(at_box, arrow, step=30), _offset(at_folder, arrow, step=26)


def _offset(ordered: list[Arrow], arrow: Arrow, *, step: int) -> int:
    return int((ordered.index(arrow) - (len(ordered) - 1) / 2) * step)


def _box_left(table: str) -> int:
    return 24 + TABLES.index(table) * (BOX_WIDTH + 13)


def _folder_left(folder: str) -> int:
    return 24 + FOLDERS.index(folder) * (FOLDER_WIDTH + FOLDER_GAP)


if __name__ == "__main__":
    main()
