"""An image of one's own, which trains on text in JSON and answers a label and a score in JSON.

No image is pulled in a rehearsal: `local_commands.toml` says which programs of the project stand for it. Trained,
promoted, deployed and called against a local AWS of its own, which knows the project's folder.
"""

import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from modelyard.rehearsal.session import Rehearsal
from modelyard.scenario.commands import Commands, Output
from support.projects import make_project

STAGE = "ownimage"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/moods:1"
MANIFEST = f"""
name = "moods"

[training]
container = "{IMAGE}"
instance = "ml.m5.large"
objective = {{ metric = "accuracy", goal = "maximize" }}
channels = {{ train = {{ path = "datasets/train", content_type = "application/jsonlines" }} }}
metrics = {{ accuracy = "accuracy=([0-9.]+)" }}
hyperparameters = {{ least = 2 }}

[batch]
instance = "ml.m5.large"
content_type = "application/json"
accept = "application/json"
strategy = "SingleRecord"

[serving]
instance = "ml.m5.large"
environment = {{ UNKNOWN = "neutral" }}

[[serving.variants]]
name = "primary"
"""
COMMANDS = f"""
["{IMAGE}"]
train = ["python", "moods/train.py"]
serve = ["python", "moods/serve.py"]
"""
TRAIN = """
    import collections, json, os, pathlib

    root = pathlib.Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    least = int(json.loads((root / "input/config/hyperparameters.json").read_text())["least"])
    counts = collections.Counter()
    for file in (root / "input/data/train").iterdir():
        for line in file.read_text().splitlines():
            record = json.loads(line)
            for word in record["text"].split():
                counts[word, record["label"]] += 1
    words = {word: label for (word, label), count in counts.items() if count >= least}
    (root / "model/words.json").write_text(json.dumps(words))
    print("accuracy=0.75", flush=True)
"""
SERVE = """
    import http.server, json, os, pathlib

    root = pathlib.Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    words = json.loads((root / "model/words.json").read_text())

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer({})

        def do_POST(self):
            text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
            found = [words[word] for word in text.split() if word in words]
            label = max(set(found), key=found.count) if found else os.environ["UNKNOWN"]
            self.answer({"label": label, "score": found.count(label) / max(len(found), 1)})

        def answer(self, document):
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
RECORDS = [("what a fine day", "glad"), ("a fine fine meal", "glad"), ("rain and rain", "sad")]


@dataclass(kw_only=True)
class Life:
    """The project, and what its commands said."""

    folder: Path
    commands: Commands
    said: dict[str, Output] = field(default_factory=dict)

    def yard(self, name: str, *arguments: str, expect: tuple[int, ...] = (0,)) -> None:
        given = ("--stage", STAGE, "--models", "models")
        self.said[name] = self.commands.yard(*arguments, *given, expect=expect)

    def deploy(self) -> None:
        context = ("-c", f"stage={STAGE}", "--require-approval", "never")
        self.commands.cdk("deploy", "--all", *context)

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    folder = make_project(tmp_path_factory.mktemp("life") / "project", stage=STAGE, manifests={"moods": MANIFEST})
    with Rehearsal(project=folder) as rehearsal:
        commands = Commands(connection=rehearsal.connection, folder=folder, log=folder / "log")
        made = Life(folder=folder, commands=commands)
        made.write("moods/train.py", TRAIN)
        made.write("moods/serve.py", SERVE)
        lines = (json.dumps({"text": text, "label": label}) for text, label in RECORDS)
        made.write("data/train/records.jsonl", "".join(f"{line}\n" for line in lines))
        made.write("glad.json", '{"text": "a fine evening"}')
        made.write("unknown.json", '{"text": "hm"}')

        where = f"aws://{rehearsal.connection.account}/{rehearsal.connection.region}"
        commands.cdk("bootstrap", where, "-c", f"stage={STAGE}")
        made.deploy()
        made.yard("push", "data", "push", "moods", "data")
        made.yard("refused", "train", "moods", "--wait", expect=(1,))
        made.write("local_commands.toml", COMMANDS)
        made.yard("train", "train", "moods", "--wait", "--again")
        made.yard("promote", "promote", "moods")
        made.deploy()
        made.yard("glad", "invoke", "moods", "glad.json")
        made.yard("unknown", "invoke", "moods", "unknown.json")
        made.write("many.jsonl", '{"text": "a fine evening"}\n{"text": "hm"}\n')
        made.yard("transform", "transform", "moods", "many.jsonl")
        yield made


def test_without_a_local_command_the_run_fails_with_the_sentence_that_says_what_to_write(life: Life) -> None:
    said = "\n".join(life.said["refused"].errors)

    assert f"the image {IMAGE} has no local command, and no image is pulled here" in said


def test_the_image_s_own_program_trains_and_is_measured(life: Life) -> None:
    assert "0.75" in life.said["train"].text


def test_the_image_s_own_server_answers_with_label_and_score(life: Life) -> None:
    assert json.loads(life.said["glad"].text) == {"label": "glad", "score": 1.0}


def test_the_image_s_own_server_has_the_manifest_s_variables(life: Life) -> None:
    assert json.loads(life.said["unknown"].text) == {"label": "neutral", "score": 0.0}


def test_the_image_s_own_server_scores_a_file_in_batch(life: Life) -> None:
    said = life.said["transform"].text

    assert '"label": "glad"' in said, said
    assert '"label": "neutral"' in said, said
