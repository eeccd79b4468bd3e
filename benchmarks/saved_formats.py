"""How many requests a second an instance answers with the same forest, saved as scikit-learn does and as ONNX.

`python benchmarks/saved_formats.py` trains churn_forest in a local AWS in both formats, deploys the larger trial on
one instance, and prints what `yard size` finds for each: the highest rate at which the 95th percentile of the latency
stays below its limit. Client, local AWS and instance share the machine.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))
MODEL, TRIAL = "churn_forest", "large"
FORMATS = ("joblib", "onnx")

from modelyard.rehearsal.session import Rehearsal  # noqa: E402 - the repository is on the path only now
from modelyard.scenario.commands import Commands  # noqa: E402
from modelyard.scenario.workspace import Workspace  # noqa: E402


def main() -> None:
    """Print for each format the highest rate, and the latency there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=int, default=100, help="milliseconds that an answer may take")
    parser.add_argument("--seconds", type=int, default=10, help="at each rate")
    options = parser.parse_args()
    print("format    requests a second    latency ms")
    for saved in FORMATS:
        best = fastest_step(saved=saved, latency=options.latency, seconds=options.seconds)
        print(f"{saved:<8}  {best['reached']:>17.1f}    {best['latency_ms']:>10.1f}", flush=True)


def fastest_step(*, saved: str, latency: int, seconds: int) -> dict[str, float]:
    """Train the model in a format, deploy and load it, and return the fastest step that holds."""
    with Rehearsal(project=REPOSITORY) as rehearsal, tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(folder=Path(folder) / "project", project=REPOSITORY, model=MODEL)
        workspace.fill()
        # One variant of one instance, whose records are not captured.
        trained = workspace.manifest.read_text(encoding="utf-8").partition("capture = ")[0]
        trained = trained.replace('format = "onnx"', f'format = "{saved}"')
        workspace.manifest.write_text(f'{trained}[[serving.variants]]\nname = "champion"\n', encoding="utf-8")

        connection = rehearsal.connection
        commands = Commands(connection=connection, folder=workspace.folder, log=Path(folder) / "commands.log")
        deploy = ("deploy", "--all", "--context", f"model={MODEL}", "--require-approval", "never")
        commands.cdk("bootstrap", f"aws://{connection.account}/{connection.region}")
        commands.cdk(*deploy)
        commands.yard("data", "push", MODEL)
        commands.yard("train", MODEL, "--wait")
        commands.yard("promote", MODEL, "--trial", TRIAL, "--force")
        commands.cdk(*deploy)
        options = ("--latency", str(latency), "--seconds", str(seconds), "--from", "1")
        steps = json.loads(commands.yard("--json", "size", MODEL, *options).text)["steps"]
        best: dict[str, float] = max((step for step in steps if step["holds"]), key=lambda step: step["reached"])
        return best


if __name__ == "__main__":
    main()
