"""What the container of a model names: its artifact, its script's archive, and the variable of the program in that."""

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.s3_uri import S3Uri, is_s3_uri

SUBMIT_DIRECTORY = "SAGEMAKER_SUBMIT_DIRECTORY"
PROGRAM = "SAGEMAKER_PROGRAM"


def artifact_of(container: Document) -> S3Uri | None:
    """Return where a model's artifact lies: an archive, or a prefix that ends in /; None for a model without one."""
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    uri: str | None = container.get("ModelDataUrl", source.get("S3Uri"))
    return None if uri is None else S3Uri.parse(uri)


def script_of(container: Document) -> S3Uri | None:
    """Return where the archive of a model's script lies; None for a path, as the artifact brings its own script then.

    Raises:
        ServiceError: ValidationException, a URI that is none.

    """
    directory = container.get("Environment", {}).get(SUBMIT_DIRECTORY, "")
    if not is_s3_uri(directory):
        return None
    try:
        return S3Uri.parse(directory)
    except ValueError as error:
        raise invalid(f"{SUBMIT_DIRECTORY}: {error}") from error
