"""A stranger: somebody with files of their own, who types what the documentation says and nothing else.

A folder of tests/strangers/ has these files, and in `commands` what is typed beside them, a command a line, until
there is a project in the folder `mine`. From there on everybody's way is the same.
"""

import csv
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from modelyard.manifest import Model
from modelyard.manifest.reading import read_model
from modelyard.operations.promotion.toml_lines import Edit, Value
from modelyard.rehearsal.session import Connection, Rehearsal
from modelyard.scenario.commands import Commands
from modelyard.scenario.data import archive_to_import
from modelyard.scenario.webhook import SnsWebhookReceiver
from support.synth import ROOT

STRANGERS = ROOT / "tests" / "strangers"
PROJECT = "mine"
SEED = 20261127
FEWEST, MOST = 100, 200
# Of an hour's traffic: each request has so many rows.
ROWS_A_REQUEST = 20
Ended = subprocess.CompletedProcess[str]
# What is sent of a record, by the names of its columns: texts of CSV, values of JSON.
Row = Mapping[str, Any]
# How a population has moved: so much more of a number, or another text.
Shifts = Mapping[str, float | str]

INVOCATIONS = re.compile(r"(invocations_per_instance = )\d+")


@dataclass(frozen=True, kw_only=True)
class Stranger:
    """A stranger in a folder of a test's own, with the project that the commands have made."""

    folder: Path
    name: str

    @property
    def project(self) -> Path:
        """The project."""
        return self.folder / PROJECT

    @property
    def manifest(self) -> Path:
        """The manifest of the one model."""
        (manifest,) = (self.project / "models").glob("*.toml")
        return manifest

    @property
    def model(self) -> str:
        """The model's name."""
        return self.manifest.stem

    @property
    def declared(self) -> Model:
        """The model as its manifest declares it."""
        return read_model(self.manifest)

    def run(self, *words: str, folder: Path | None = None) -> Ended:
        """Run a command with the environment that runs the tests, in the project."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        tools = [Path(sys.prefix) / "node", Path(sys.prefix) / "bin", ROOT / "node_modules" / ".bin", ROOT]
        return subprocess.run(
            list(words),
            cwd=self.project if folder is None else folder,
            env=environment
            | {"JSII_NODE": str(Path(sys.prefix) / "node" / "node"), "CDK_VALIDATION": "false", "COLUMNS": "200"}
            | {"PATH": os.pathsep.join([*map(str, tools), os.environ["PATH"]]), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def rehearse(self) -> Ended:
        """Do what `make rehearse` does in the project."""
        return self.run(sys.executable, "-m", "modelyard.scenario")

    def set_value(self, table: str, key: str, value: Value) -> None:
        """Change a key of the manifest."""
        text = self.manifest.read_text(encoding="utf-8")
        self.manifest.write_text(Edit(table=table, key=key, value=value).apply(text), encoding="utf-8")

    def watch_by(self, engine: str) -> None:
        """Choose the engine; AWS's has no measures beyond its own."""
        self.set_value("monitoring", "engine", engine)
        if engine == "model-monitor":
            text = self.manifest.read_text(encoding="utf-8")
            self.manifest.write_text(text.replace("\nmeasures =", "\n# measures ="), encoding="utf-8")

    def play(self) -> dict[str, str]:
        """Rehearse the whole life, and return the steps that it does not have, each with the reason.

        The endpoint scales out at little traffic: each request of it is answered by the model.
        """
        text = self.manifest.read_text(encoding="utf-8")
        self.manifest.write_text(INVOCATIONS.sub(r"\g<1>60", text), encoding="utf-8")
        ended = self.rehearse()
        assert ended.returncode == 0, ended.stdout + ended.stderr
        lines = [line.removeprefix("-").strip() for line in ended.stdout.split("\n") if line.startswith("-     ")]
        return {title.strip(): why.strip() for title, _, why in (line.partition("  ") for line in lines)}

    def refusal(self) -> str:
        """Return what the rehearsal says instead of beginning."""
        ended = self.rehearse()
        assert (ended.returncode, ended.stdout) == (1, ""), ended.stdout + ended.stderr
        return ended.stderr

    def change(self, name: str, old: str, new: str) -> None:
        """Write something else into a file of the project."""
        file = self.project / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def rows(self) -> list[Row]:
        """Return the rows of all datasets without their label."""
        data = self.declared.data
        assert data is not None
        features = [column.name for column in data.features]
        folders = [self.project / "data" / self.model / part for part in ("train", "validation")]
        texts = [file.read_text(encoding="utf-8") for folder in folders for file in sorted(folder.glob("*"))]
        if data.format == "jsonl":
            records = [json.loads(line) for text in texts for line in text.splitlines()]
        else:
            names = [column.name for column in data.columns]
            records = [record for text in texts for record in csv.DictReader(io.StringIO(text), fieldnames=names)]
        return [{name: record[name] for name in features} for record in records]


def arrived(name: str, *, folder: Path) -> Stranger:
    """Return a stranger after the commands."""
    shutil.copytree(Path(_typed(name).name) / name, folder / name, symlinks=True)
    return Stranger(folder=folder / name, name=name)


@cache
def _typed(name: str) -> tempfile.TemporaryDirectory[str]:
    """The folder in which the commands were typed, once for all tests of a process."""
    kept = tempfile.TemporaryDirectory(prefix="stranger-")
    here = Path(kept.name) / name
    shutil.copytree(STRANGERS / name, here)
    stranger = Stranger(folder=here, name=name)
    for command in (here / "commands").read_text(encoding="utf-8").split("\n"):
        ended = stranger.run("sh", "-c", command, folder=here)
        assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
    # As `make` does with its first target: what the tests have installed already.
    (stranger.project / "node_modules").symlink_to(ROOT / "node_modules")
    (stranger.project / ".wheels").symlink_to(ROOT / ".wheels")
    return kept


@dataclass(kw_only=True)
class Deployed:
    """A stranger's model that serves and is watched, on a clock that is moved."""

    stranger: Stranger
    connection: Connection
    commands: Commands
    alerts: SnsWebhookReceiver
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - the same on every run

    @cached_property
    def model(self) -> Model:
        """The model as its manifest declares it."""
        return self.stranger.declared

    @cached_property
    def runtime(self) -> Any:
        """A client that asks endpoints: one for all requests, as it takes longer to make than an answer."""
        return self.connection.client("sagemaker-runtime")

    def pass_hours(self, count: int, *, shifts: Shifts | None = None) -> None:
        """Let hours pass, with traffic of the population in each; of a population that has moved, half has."""
        rows = self.stranger.rows()
        for _ in range(count):
            traffic = self.chance.choices(rows, k=self.chance.randint(FEWEST, MOST))
            if shifts is not None:
                traffic = [moved(row, shifts=shifts) if number % 2 else row for number, row in enumerate(traffic)]
            self.send(traffic)
            self.connection.advance(seconds=timedelta(hours=1).total_seconds())

    def send(self, rows: Sequence[Row]) -> None:
        """Ask the endpoint for rows: several of CSV at once, or one of JSON."""
        is_json = self.model.request_type != "text/csv"
        at_once = 1 if is_json else ROWS_A_REQUEST
        for start in range(0, len(rows), at_once):
            self.ask(json.dumps(rows[start]) if is_json else _csv(rows[start : start + at_once]))

    def ask(self, body: str) -> str:
        """Return the endpoint's answer."""
        accept = {} if self.model.accept is None else {"Accept": self.model.accept}
        answer = self.runtime.invoke_endpoint(
            EndpointName=self.model.endpoint(stage="dev"), ContentType=self.model.request_type, Body=body, **accept
        )
        return str(answer["Body"].read().decode())

    def yard(self, *words: str) -> Any:
        """Return what a command of `yard` prints as JSON."""
        return json.loads(self.commands.yard("--json", *words).text)

    def watch(self, shifts: Shifts, *, hours: int) -> None:
        """Expect no alarm in quiet hours, and one at the first check after an hour of drift."""
        self.pass_hours(hours)
        rung = self.alarm()
        assert rung is None, rung
        assert "changed" not in self.verdicts(), self.verdicts()
        self.pass_hours(1, shifts=shifts)
        # The check of that hour begins within the next one.
        self.pass_hours(1)
        name = f"{self.model.schedule(stage='dev')}-violations"
        assert self.alarm(name) is not None, name
        is_ours = self.model.monitoring is not None and self.model.monitoring.engine == "drift"
        assert (bool(self.verdicts()), self.verdicts().count("changed")) == (is_ours, int(is_ours))

    def verdicts(self) -> list[str]:
        """Return the verdicts of all checks; AWS's engine gives none."""
        s3 = self.connection.client("s3")
        (bucket,) = (one["Name"] for one in s3.list_buckets()["Buckets"] if "databucket" in one["Name"].lower())
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
        found = [s3.get_object(Bucket=bucket, Key=key)["Body"] for key in keys if key.endswith("/verdict.json")]
        return [str(json.loads(body.read())["verdict"]) for body in found]

    def alarm(self, about: str = "") -> str | None:
        """Return the subject of the newest notification of an alarm, of any or of one that is named so."""
        return self.alerts.wait(about=f'ALARM: "{about}', seconds=5)


def moved(row: Row, *, shifts: Shifts) -> Row:
    """Return a row of a population that has moved; what is missing stays so."""
    return {name: cell if name not in shifts else _shifted(cell, by=shifts[name]) for name, cell in row.items()}


def _shifted(cell: Any, *, by: float | str) -> Any:
    if isinstance(by, str) or not cell:
        return cell if not cell else by
    return repr(float(cell) + by) if isinstance(cell, str) else cell + by


def _csv(rows: Sequence[Row]) -> str:
    body = io.StringIO()
    csv.writer(body, lineterminator="\n").writerows(row.values() for row in rows)
    return body.getvalue()


@contextmanager
def deployed(stranger: Stranger, *, log: Path) -> Iterator[Deployed]:
    """Bring a stranger's model to where it serves and is watched, by the README's commands."""
    with (
        Rehearsal(project=stranger.project, on_line=lambda _line: None) as rehearsal,
        SnsWebhookReceiver(connection=rehearsal.connection) as alerts,
    ):
        connection = rehearsal.connection
        commands = Commands(connection=connection, folder=stranger.project, log=log)
        commands.cdk("bootstrap", f"aws://{connection.account}/{connection.region}", folder=stranger.folder)
        deploy = ("deploy", "--all", "--require-approval", "never")
        commands.cdk(*deploy)
        archive = archive_to_import(stranger.declared)
        if archive is None:
            commands.yard("data", "push", stranger.model)
            commands.yard("train", stranger.model, "--wait")
        else:
            commands.yard("import", stranger.model, str(archive))
        commands.yard("promote", stranger.model)
        commands.cdk(*deploy)
        commands.yard("verify", stranger.model)
        (foundation,) = connection.client("cloudformation").describe_stacks(StackName="dev-foundation")["Stacks"]
        topic = next(one["OutputValue"] for one in foundation["Outputs"] if one["OutputKey"] == "AlertTopicArn")
        alerts.subscribe(topic=topic)
        yield Deployed(stranger=stranger, connection=connection, commands=commands, alerts=alerts)
