"""The script of `[preprocessing]` in the proof: it hands on its inputs, and packs a transformer that changes nothing.

It runs in the job, from a copy beside a training script, and after that as the code of the transformer.
"""

import io
import os
import shutil
import tarfile
from pathlib import Path

NAMES = ("train", "validation")


def model_fn(model_dir: str) -> str:
    """Load nothing."""
    return model_dir


def input_fn(body: str | bytes, content_type: str) -> bytes:
    """Take a request as it is."""
    del content_type
    return body.encode() if isinstance(body, str) else body


def predict_fn(rows: bytes, model: str) -> bytes:
    """Change nothing."""
    del model
    return rows


def output_fn(rows: bytes, accept: str) -> tuple[bytes, str]:
    """Hand on what came."""
    del accept
    return rows, "text/csv"


def main() -> None:
    """Prepare both inputs, and pack this file below code/."""
    inputs, outputs = Path(os.environ["PROCESSING_INPUTS"]), Path(os.environ["PROCESSING_OUTPUTS"])
    for name in NAMES:
        shutil.copytree(inputs / name, outputs / name, dirs_exist_ok=True)
    print("prepared:", ", ".join(NAMES))
    (outputs / "transformer").mkdir(parents=True, exist_ok=True)
    with tarfile.open(outputs / "transformer" / "model.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("fitted"), io.BytesIO())
        archive.add(Path(__file__).resolve(), f"code/{Path(__file__).name}")


if __name__ == "__main__":
    main()
