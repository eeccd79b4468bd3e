"""A stranger: somebody with files of their own, who types what the documentation says and nothing else.

A folder of tests/strangers/ has these files, and in `commands` what is typed beside them, a command a line, until
there is a project in the folder `mine`. From there on everybody's way is the same.
"""

import csv
import io
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from modelyard.operations.promotion.toml_lines import Edit, Value
from modelyard.rehearsal.session import Connection, Rehearsal
from modelyard.scenario.commands import Commands
from modelyard.scenario.webhook import SnsWebhookReceiver
from support.synth import ROOT

STRANGERS = ROOT / "tests" / "strangers"
PROJECT = "mine"
SEED = 20261127
FEWEST, MOST = 100, 200
# Of an hour's traffic: each request has so many rows.
ROWS_A_REQUEST = 20
Ended = subprocess.CompletedProcess[str]
Row = list[str]


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

    def rows(self) -> list[Row]:
        """Return the rows of all datasets without their label, which is their first column."""
        files = [self.project / "data" / self.model / part / f"{part}.csv" for part in ("train", "validation")]
        return [row[1:] for file in files for row in csv.reader(io.StringIO(file.read_text(encoding="utf-8")))]


def arrived(name: str, *, folder: Path) -> Stranger:
    """Return a stranger after the commands."""
    here = folder / name
    shutil.copytree(STRANGERS / name, here)
    stranger = Stranger(folder=here, name=name)
    for command in (here / "commands").read_text(encoding="utf-8").split("\n"):
        ended = stranger.run("sh", "-c", command, folder=here)
        assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
    # As `make` does with its first target: what the tests have installed already.
    (stranger.project / "node_modules").symlink_to(ROOT / "node_modules")
    (stranger.project / ".wheels").symlink_to(ROOT / ".wheels")
    return stranger


@dataclass(kw_only=True)
class Deployed:
    """A stranger's model that serves and is watched, on a clock that is moved."""

    stranger: Stranger
    connection: Connection
    commands: Commands
    alerts: SnsWebhookReceiver
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - the same on every run

    def pass_hours(self, count: int, *, moved: Callable[[Row], Row] | None = None) -> None:
        """Let hours pass, with traffic of the population in each; of a population that has moved, half has."""
        rows = self.stranger.rows()
        for _ in range(count):
            traffic = self.chance.choices(rows, k=self.chance.randint(FEWEST, MOST))
            if moved is not None:
                traffic = [moved(row) if number % 2 else row for number, row in enumerate(traffic)]
            self.send(traffic)
            self.connection.advance(seconds=timedelta(hours=1).total_seconds())

    def send(self, rows: Sequence[Row]) -> None:
        """Ask the endpoint for rows."""
        runtime = self.connection.client("sagemaker-runtime")
        endpoint = f"dev-{self.stranger.model.replace('_', '-')}"
        for start in range(0, len(rows), ROWS_A_REQUEST):
            body = io.StringIO()
            csv.writer(body, lineterminator="\n").writerows(rows[start : start + ROWS_A_REQUEST])
            runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Body=body.getvalue())

    def alarm(self, about: str = "") -> str | None:
        """Return the subject of the newest notification of an alarm, of any or of one that is named so."""
        return self.alerts.wait(about=f'ALARM: "{about}', seconds=5)


@contextmanager
def deployed(stranger: Stranger, *, log: Path) -> Iterator[Deployed]:
    """Bring a stranger's model to where it serves and is watched, by the README's commands."""
    with (
        Rehearsal(on_line=lambda _line: None) as rehearsal,
        SnsWebhookReceiver(connection=rehearsal.connection) as alerts,
    ):
        connection = rehearsal.connection
        commands = Commands(connection=connection, folder=stranger.project, log=log)
        commands.cdk("bootstrap", f"aws://{connection.account}/{connection.region}", folder=stranger.folder)
        deploy = ("deploy", "--all", "--require-approval", "never")
        commands.cdk(*deploy)
        commands.yard("data", "push", stranger.model)
        commands.yard("train", stranger.model, "--wait")
        commands.yard("promote", stranger.model)
        commands.cdk(*deploy)
        commands.yard("verify", stranger.model)
        (foundation,) = connection.client("cloudformation").describe_stacks(StackName="dev-foundation")["Stacks"]
        topic = next(one["OutputValue"] for one in foundation["Outputs"] if one["OutputKey"] == "AlertTopicArn")
        alerts.subscribe(topic=topic)
        yield Deployed(stranger=stranger, connection=connection, commands=commands, alerts=alerts)
