"""No text of a manifest is evaluated by anybody: every free text of every table, with every hostile text.

The places come from the dataclasses that read manifests: a new key is tried by itself.
"""

import dataclasses
import itertools
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.constructs.workflows.states import expression, machine, quoted, text
from modelyard.manifest import Model, Refused, Stage, read_models, read_stage, structuring
from modelyard.manifest.structuring import structured
from modelyard.manifest.texts import evaluated, invisible
from modelyard.template_checks import check_templates
from modelyard.template_checks.template import Template
from support.attempts import Attempts
from support.manifests import WHOLE, synthesize_text
from support.synth import ROOT

# Those of the page of facts come first, as they were tried.
HOSTILE = (
    "{{resolve:secretsmanager:prod/db:SecretString:password}}",
    "{% $states.context.Execution.Id %}",
    "{{resolve:ssm:/prod/key}}",
    "{{resolve:ssm-secure:/prod/key:1}}",
    "{{ resolve:ssm:/prod/key }}",
    "a{{resolve:ssm:/prod/key}}b",
    "${AWS::AccountId}",
    "${Token[AWS.Region.4]}",
    "${!Literal}",
    "text/csv; a=${AWS::Region}",
    "{%$eval('1')%}",
    "' & $states.context.Execution.RoleArn & '%}",
    " {% 1 %} ",
    "States.Format('{}', $.a)",
    "a\x00b",
    "a\x1b]0;title\x07",
    "a\r\nb",
    "a\u2028b",
    "a\u202eb",
    "a\u2066b",
    "a\u200bb",
    "a\x85b",
)
# What is data where it goes: refused by some key's own pattern, evaluated by nobody.
HARMLESS = ("{", "}", "$", "$.a", "a{2}", "100%", "%", "Statesman.x", "it's", 'say "hi"', "#{a}", "\\")

Path_ = tuple[str | int, ...]


def scalar_kinds(hint: Any) -> set[Any]:
    """What a key takes, without its rules and without None."""
    if hasattr(hint, "__metadata__"):
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return {kind for inner in typing.get_args(hint) for kind in scalar_kinds(inner)} - {type(None)}
    return {hint}


def places(kind: type, *, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Every place of a table where a user writes a text, with a table that has `?` there and nothing else."""
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in dataclasses.fields(kind):
        for hint in scalar_kinds(hints[field.name]):
            for inner, value in places_of(hint):
                yield (*path, field.name, *inner), {field.name: value}


def places_of(hint: Any) -> Iterator[tuple[Path_, Any]]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is str or origin is Literal:
        yield (), "?"
    elif origin is tuple:
        for path, value in (one for kind in scalar_kinds(arguments[0]) for one in places_of(kind)):
            yield (0, *path), [value]
    elif origin is dict:
        yield ("<key>",), {"?": "a"}
        for path, value in (one for kind in scalar_kinds(arguments[1]) for one in places_of(kind)):
            yield ("a", *path), {"a": value}
    elif dataclasses.is_dataclass(hint):
        yield from places(typing.cast("type", hint))


PLACES = {
    ".".join(map(str, (root.__name__, *path))): (root, table) for root in (Model, Stage) for path, table in places(root)
}


def filled(table: Any, value: str) -> Any:
    if isinstance(table, dict):
        return {value if key == "?" else key: filled(inner, value) for key, inner in table.items()}
    return [filled(inner, value) for inner in table] if isinstance(table, list) else value if table == "?" else table


def refused(root: type, table: Any) -> list[str]:
    with pytest.raises(Refused) as error:
        structured(table, root, file="a.toml")
    return [problem.sentence for problem in error.value.problems]


def test_the_places_are_all_that_the_tables_have() -> None:
    assert len(PLACES) > 60
    known = ("Model.training.hyperparameters.<key>", "Model.batch.accept", "Model.monitoring.quality.positive_label")
    others = ("Model.training.channels.<key>", "Model.api.features.0.values.0", "Stage.tags.a", "Stage.vpc.subnets.a")
    assert set(known + others) <= set(PLACES)


@pytest.mark.parametrize("place", PLACES)
def test_a_hostile_text_is_refused_in_a_sentence_wherever_a_manifest_takes_one(place: str, attempts: Attempts) -> None:
    root, table = PLACES[place]
    for hostile in HOSTILE:
        attempts.add()
        sentences = refused(root, filled(table, hostile))
        blamed = [one for one in sentences if " must be given, got nothing" not in one]
        assert len(blamed) == 1, sentences
        (sentence,) = blamed
        assert " in a.toml; " in sentence
        assert sentence.isprintable()


@given(
    place=st.sampled_from(sorted(PLACES)),
    before=st.text(max_size=8),
    hostile=st.sampled_from(["{{", "${", "{%", "%}", "States.Hash(", "\u202e", "\x7f", "\n"]),
    after=st.text(max_size=8),
)
@settings(deadline=None, max_examples=500, suppress_health_check=list(HealthCheck))
def test_a_hostile_part_is_refused_whatever_stands_around_it(
    place: str, before: str, hostile: str, after: str, attempts: Attempts
) -> None:
    root, table = PLACES[place]
    attempts.add()
    sentences = refused(root, filled(table, before + hostile + after))
    assert all(sentence.isprintable() for sentence in sentences)


@given(value=st.text(max_size=20))
def test_a_text_is_taken_only_when_nothing_of_it_is_evaluated_or_unseen(value: str) -> None:
    table = {"metric": "auc", "goal": "maximize"}
    manifest = {
        "name": "m",
        "training": {
            "container": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/own:1",
            "instance": "ml.m5.large",
            "objective": table,
            "channels": {"train": {"path": "datasets/train", "content_type": "text/csv"}},
            "hyperparameters": {"a": value},
        },
    }
    inert = evaluated(value) is None and invisible(value) is None
    try:
        structured(manifest, Model, file="m.toml")
    except Refused:
        assert not inert
    else:
        assert inert
        assert not any(mark in value for mark in ("{{", "${", "{%", "%}"))
        assert value.isprintable()


@pytest.mark.parametrize("value", HARMLESS)
def test_a_text_that_only_looks_like_one_is_taken_as_it_is(value: str, tmp_path: Path) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    manifest = f'{WHOLE}\n[training.hyperparameters]\nnote = "{escaped}"\n'
    app = synthesize_text(tmp_path, manifest)
    declared = app.definition("dev-whole-training", "Run")["States"]["Name the run"]["Assign"]["declared"]
    assert declared[0]["hyperparameters"]["note"] == f'"{escaped}"'


@pytest.mark.parametrize("hostile", HOSTILE)
def test_the_texts_of_the_facts_reach_no_template(hostile: str, tmp_path: Path, attempts: Attempts) -> None:
    unicode = "".join(f"\\u{ord(one):04x}" for one in hostile)
    for line in (f'content_type = "{unicode}"', f'accept = "{unicode}"', f'timezone = "{unicode}"'):
        attempts.add()
        with pytest.raises(Refused):
            synthesize_text(tmp_path, WHOLE.replace("[batch]\n", f"[batch]\n{line}\n"))
        assert list((tmp_path / "out").glob("*.template.json")) == []


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_stage_is_held_to_the_same_rule(hostile: str, tmp_path: Path, attempts: Attempts) -> None:
    unicode = "".join(f"\\u{ord(one):04x}" for one in hostile)
    for line in (f'tags = {{ owner = "{unicode}" }}', f'tags = {{ "{unicode}" = "a" }}', f'alert_email = "{unicode}"'):
        attempts.add()
        (tmp_path / "stages.toml").write_text(f"[dev]\n{line}\n[prod]\n{line}\n", encoding="utf-8")
        with pytest.raises(Refused) as error:
            read_stage(tmp_path / "stages.toml", name="dev")
        assert {problem.key.split(".")[0] for problem in error.value.problems} == {"dev", "prod"}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_stage_with_a_hostile_name_is_refused_in_characters_that_can_be_seen(
    hostile: str, tmp_path: Path, attempts: Attempts
) -> None:
    unicode = "".join(f"\\u{ord(one):04x}" for one in hostile)
    for table in (f'["{unicode}"]\n', f'"{unicode}" = 1\n', f'[dev]\n"{unicode}" = 1\n'):
        attempts.add()
        (tmp_path / "stages.toml").write_text(table, encoding="utf-8")
        with pytest.raises(Refused) as error:
            read_stage(tmp_path / "stages.toml", name="dev")
        assert all(problem.sentence.isprintable() for problem in error.value.problems)


def test_every_hostile_text_of_a_file_is_named_at_once(tmp_path: Path, attempts: Attempts) -> None:
    (tmp_path / "m.toml").write_text(
        'name = "m"\n[training]\ncontainer = "xgboost:3.2-0"\ninstance = "ml.m5.large"\n'
        'objective = { metric = "${a}", goal = "maximize" }\n'
        'channels = { train = { path = "datasets/train", content_type = "text/csv" } }\n'
        '[training.hyperparameters]\n"{{a" = 1\nb = "{% 1 %}"\n[[training.trials]]\nname = "[\\u001b"\n',
        encoding="utf-8",
    )
    attempts.add(4)
    with pytest.raises(Refused) as error:
        read_models(tmp_path, stage=Stage(name="dev"), scripts=ROOT / "training_scripts")
    assert [problem.key for problem in error.value.problems] == [
        "training.objective.metric",
        'training.hyperparameters."{{a"',
        "training.hyperparameters.b",
        'training.trials."[\\u001b".name',
    ]


@given(value=st.text(max_size=30) | st.sampled_from(HOSTILE))
def test_a_text_that_a_workflow_is_given_is_data_whatever_it_looks_like(value: str) -> None:
    states: dict[str, Any] = {"A": {"Type": "Pass", "Output": {"own": expression("$run"), "given": [value]}}}
    made = machine(comment="", start="A", states=states, seconds=1)["States"]["A"]["Output"]
    assert made["own"] == "{% $run %}"
    assert made["given"][0] in (value, f"{{% {quoted(value)} %}}")
    assert not made["given"][0].strip().startswith("{%") or made["given"][0] == f"{{% {quoted(value)} %}}"


@given(value=st.text(max_size=30))
def test_nothing_in_a_quoted_text_ends_its_quotes(value: str) -> None:
    said = quoted(value)
    assert (said[0], said[-1], said.count("'")) == ("'", "'", 2)
    assert said.isascii()


def test_an_expression_that_is_a_text_stays_an_expression() -> None:
    states: dict[str, Any] = {"A": {"Type": "Pass", "Output": text("run-' & $run & '")}}
    assert (
        machine(comment="", start="A", states=states, seconds=1)["States"]["A"]["Output"] == "{% 'run-' & $run & '' %}"
    )


@pytest.mark.parametrize("hostile", ["{{resolve:secretsmanager:prod/db:SecretString:password}}", "${AWS::AccountId}"])
def test_a_text_that_came_past_the_manifest_is_found_in_the_template(
    hostile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attempts: Attempts
) -> None:
    monkeypatch.setattr(structuring, "evaluated", lambda _: None)
    attempts.add()
    app = synthesize_text(tmp_path, f'{WHOLE}\n[training.hyperparameters]\nnote = "{hostile}"\n')
    found = check_templates([Template(name=name, body=body) for name, body in app.templates.items()])
    assert {problem.key.partition(" ")[0] for problem in found} == {"S23"}
    assert all(hostile in problem.got for problem in found)


PAIRS = list(itertools.product(("content_type", "accept"), ("text/csv", "text/csv; label_size=0", "application/x-npy")))


@pytest.mark.parametrize(("key", "value"), PAIRS)
def test_media_types_that_containers_know_are_taken(key: str, value: str, tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE.replace("[batch]\n", f'[batch]\n{key} = "{value}"\n'))
    assert app.templates
