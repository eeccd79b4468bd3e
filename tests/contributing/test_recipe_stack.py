"""The recipe for a kind of stack: a note on a model, kept as a parameter of Systems Manager."""

from pathlib import Path

from support.recipes import after, all_of, carry_out, copy_repository, files_of_recipe, replace, run, whole

TITLE = "A kind of stack (tested)"
GENERATED = ("maintenance.document_manifest", "maintenance.write_schema", "maintenance.document_rehearsal")
TABLE = '''"""The `[note]` table: what a team wants to know of a model."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.manifest.rules import Declared


@dataclass(frozen=True, kw_only=True, slots=True)
class Note(Declared):
    """What a team wants to know of a model, in one line."""

    text: str
'''
STACK = '''"""The stack of a model's note."""

from __future__ import annotations

from typing import Self

from aws_cdk import aws_ssm as ssm

from modelyard.manifest import Model
from modelyard.manifest.note import Note
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.model_stack import ModelContext, ModelStack


class NoteStack(ModelStack):
    """Keeps a note where other programs of the account find it."""

    def __init__(self, foundation: FoundationStack, *, model: Model, note: Note) -> None:
        super().__init__(foundation, "note", model=model, description=f"The note on {model.name}")
        parameter = ssm.CfnParameter(self, "Note", type="String", value=note.text)
        self.publish("NoteName", parameter.ref, description="Names the parameter")

    @classmethod
    def from_context(cls, context: ModelContext) -> Self:
        """See `ModelStack`."""
        return cls(context.foundation, model=context.model, note=context.table(Note))
'''
TEST = '''"""The stack of a model's note."""

from __future__ import annotations

from pathlib import Path

from modelyard.manifest import Model
from modelyard.manifest.note import Note
from modelyard.manifest.stack_kinds import MODEL_STACK_KINDS, stack_kind, stack_kinds_of
from support.manifests import WHOLE, synthesize_text

NOTED = WHOLE.replace("[training]", '[note]\\ntext = "Ask Ada"\\n\\n[training]', 1)


def test_the_note_is_a_parameter(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, NOTED)

    assert app.one("dev-whole-note", "SSM::Parameter")["Value"] == "Ask Ada"


def test_a_model_without_a_note_has_no_stack_for_one(tmp_path: Path) -> None:
    assert "dev-whole-note" not in synthesize_text(tmp_path, WHOLE).templates


def test_status_shows_the_stack() -> None:
    assert stack_kind("note") in stack_kinds_of(Model(name="churn", note=Note(text="Ask Ada")))


def test_teardown_deletes_the_stack_before_the_others() -> None:
    assert MODEL_STACK_KINDS[-1] == stack_kind("note")
'''
ROWS = """
["AWS::SSM::Parameter".done]
Tags = "ListTagsForResource gives them back, which is all that tags do."
Type = "GetParameter gives it back."
Value = "GetParameter gives it back."
"""
MANIFEST = """# A note.

name = "noted"

[note]
text = "Ask Ada"
"""
EDITS = {
    "manifest/note.py": whole(TABLE),
    "manifest/model.py": all_of(
        after(
            "LONGEST_MODEL, LONGEST_RUN, LONGEST_STAGE, MARK, MODEL_NAME, dashed\n",
            add="from modelyard.manifest.note import Note\n",
        ),
        after("    api: Api | None = None\n", add="    note: Note | None = None\n"),
    ),
    "manifest/stack_kinds.py": all_of(
        replace('"api", "fleet"]', '"api", "note", "fleet"]'),
        replace(
            '    StackKind(key="fleet"',
            '    StackKind(key="note", content="a note", needs=("foundation",), outputs=("NoteName",)),\n'
            '    StackKind(key="fleet"',
        ),
    ),
    "stacks/note.py": whole(STACK),
    "stacks/assembly.py": all_of(
        after(
            "from modelyard.stacks.monitoring import MonitoringStack\n",
            add="from modelyard.stacks.note import NoteStack\n",
        ),
        after('    "api": ApiStack,\n', add='    "note": NoteStack,\n'),
    ),
    "maintenance/document_manifest.py": all_of(
        after(
            "from modelyard.manifest.monitoring import Monitoring\n", add="from modelyard.manifest.note import Note\n"
        ),
        after('    ("`[[api.features]]`", Features),\n', add='    ("`[note]`", Note),\n'),
    ),
    "tests/stacks/test_note.py": whole(TEST),
    "manifest/tables/api_members.toml": lambda before: (
        before + '\n[Note]\ntext = { members = ["ssm PutParameterRequest.Value"] }\n'
    ),
    "rehearsal/cloud/coverage.toml": lambda before: before + ROWS,
    "tests/support/further/models/noted.toml": whole(MANIFEST),
    "tests/manifest/test_api_bounds.py": all_of(
        after(
            "from modelyard.manifest.monitoring import Monitoring\n", add="from modelyard.manifest.note import Note\n"
        ),
        after('    Delivery(provider="gitlab", repository="owner/name"),\n', add='    Note(text="Ask Ada"),\n'),
    ),
}


def test_the_recipe_names_every_file_and_its_tests_pass(tmp_path: Path) -> None:
    copy_repository(tmp_path)

    changed = carry_out(tmp_path, EDITS, generate=GENERATED)

    assert changed == files_of_recipe(TITLE)
    tests = ("tests/stacks/test_note.py", "tests/manifest/test_stack_kinds.py", "tests/test_docs.py")
    # Not the one that asks git for the repository's files.
    run(tmp_path, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-k", "not place_of_one_machine", *tests)
    coverage = "tests/rehearsal/deployed/test_deployed_coverage.py"
    run(tmp_path, "-m", "pytest", "-p", "no:cacheprovider", "-q", coverage, "-k", "no_row_is_for or the_page_is")
    bounds = "tests/manifest/test_api_bounds.py"
    run(tmp_path, "-m", "pytest", "-p", "no:cacheprovider", "-q", bounds, "-k", "every or row or Note")
