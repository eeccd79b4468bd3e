"""What AWS's containers do around a user's script: one row a family, read by the templates and by the local AWS.

Two stacks of AWS's own exist and have little in common. The old one, sagemaker-containers 2.8.6, serves in the XGBoost
and scikit-learn images and trains in the XGBoost images. The new ones, sagemaker-training 5.1 and sagemaker-inference
1.10, do the rest, and TensorFlow Serving is a third, DJL Serving a fourth. A row names the files and versions that it
was read from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SUBMIT_DIRECTORY = "SAGEMAKER_SUBMIT_DIRECTORY"
PROGRAM = "SAGEMAKER_PROGRAM"
# Where a model's archive holds the code of a server that reads it there.
CODE_FOLDER = "code"
# How that code's file is named where nobody says otherwise: the default of sagemaker-inference 1.10.1.
PACKED_PROGRAM = "inference.py"
# pip's spelling of "build in the environment that is there": what must be built then fetches nothing from PyPI.
NO_BUILD_ISOLATION = {"PIP_NO_BUILD_ISOLATION": "0"}
MODEL_DIR = "/opt/ml/model"
PACKED_CODE = f"{MODEL_DIR}/{CODE_FOLDER}"
LOG_LEVEL = "SAGEMAKER_CONTAINER_LOG_LEVEL"
REGION = "SAGEMAKER_REGION"
DEFAULT_ACCEPT = "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"
# What servers of Hugging Face and DJL load: a model of the hub by its name, or a folder.
HUB_MODEL = "HF_MODEL_ID"
# What Hugging Face's server does with a model that brings no functions; else its config.json says.
PIPELINE_TASK = "HF_TASK"


class CodePlace(StrEnum):
    """Where a serving container finds a user's functions."""

    SUBMIT_DIRECTORY = "where SAGEMAKER_SUBMIT_DIRECTORY says"
    ARTIFACT = "below code/ of the model's archive"


class FailureText(StrEnum):
    """What a container tells of a script that failed."""

    CAPTURED = "the exit code, what was printed from the first error on, and the command"
    NOT_CAPTURED = "the exit code and the command"
    COMMAND = "the command"


@dataclass(frozen=True, kw_only=True, slots=True)
class BodyLimit:
    """The longest body of a request in bytes, and the variable that changes it."""

    variable: str
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerFamily:
    """What the images of one framework do around a script.

    Attributes:
        name: as a manifest writes it.
        title: as people write it.
        repositories: of ECR, without the registry.
        code_place: where the serving container finds a script's functions.
        serving_program: the only file that the serving container loads, None where SAGEMAKER_PROGRAM names it.
        default_program: what is loaded where SAGEMAKER_PROGRAM is missing, None where the image then does without.
        serves_without_code: whether the image answers for a model that brings no functions.
        runs_scripts: whether the image trains by a script, or answers by a script's functions.
        loads_from_hub: whether its server can load a model of Hugging Face's hub, by HUB_MODEL.
        answers_json: whether its server is known to answer in JSON whatever DEFAULT_ACCEPT says.
        passes_context: whether a serving function that takes one argument more gets the context.
        stood_for: whether a command of the user's own may stand for the image in a rehearsal.
        script_body_limit: of a server with functions, None where there is none.
        own_body_limit: of a server that answers by itself, and tells at /execution-parameters how it likes batches.
        parameters_function: the function of a script that answers there, None where nothing does.
        builds_training_script: whether a training script's folder goes through `pip install .` before it runs.
        builds_serving_script: the same of a serving script's folder, at each start of the server.
        failure_text: what a failed script's reason holds.
        keeps_failure_file: whether the failure file that a script wrote outranks the container's own text.
        reads_shell: whether hyperparameters pass through a shell.
        rewrites_model_dir: whether `model_dir` is another one in the jobs of a search.
        describes_instances: whether SM_CURRENT_INSTANCE_TYPE and the like are set.
        names_input_files: whether SM_INPUT_DATA_CONFIG_FILE and the like are set.
        framework_module: SM_FRAMEWORK_MODULE.
        names_master: whether MASTER_ADDR and MASTER_PORT are set.
        training_environment: variables that the container sets before the script runs.
        source: where all of this stands.

    """

    name: str
    title: str
    repositories: tuple[str, ...]
    code_place: CodePlace
    failure_text: FailureText
    framework_module: str
    source: str
    serving_program: str | None = None
    default_program: str | None = None
    serves_without_code: bool = False
    runs_scripts: bool = True
    loads_from_hub: bool = False
    answers_json: bool = False
    passes_context: bool = False
    stood_for: bool = False
    script_body_limit: BodyLimit | None = None
    own_body_limit: BodyLimit | None = None
    parameters_function: str | None = None
    builds_training_script: bool = False
    builds_serving_script: bool = False
    keeps_failure_file: bool = True
    reads_shell: bool = False
    rewrites_model_dir: bool = False
    describes_instances: bool = True
    names_input_files: bool = False
    names_master: bool = False
    training_environment: Mapping[str, str] = field(default_factory=dict)


XGBOOST = ContainerFamily(
    name="xgboost",
    title="XGBoost",
    repositories=("sagemaker-xgboost", "xgboost"),
    code_place=CodePlace.SUBMIT_DIRECTORY,
    serves_without_code=True,
    own_body_limit=BodyLimit(variable="MAX_CONTENT_LENGTH", bytes=6_291_456),
    builds_training_script=True,
    builds_serving_script=True,
    failure_text=FailureText.COMMAND,
    keeps_failure_file=False,
    describes_instances=False,
    names_input_files=True,
    framework_module="sagemaker_xgboost_container.training:main",
    source=(
        "sagemaker-containers 2.8.6.post2: _modules.py, _errors.py, _files.py, _env.py; "
        "sagemaker-xgboost-container cb8df91: training.py, serving.py, algorithm_mode/serve.py"
    ),
)
SKLEARN = ContainerFamily(
    name="sklearn",
    title="scikit-learn",
    repositories=("sagemaker-scikit-learn",),
    code_place=CodePlace.SUBMIT_DIRECTORY,
    parameters_function="execution_parameters_fn",
    builds_serving_script=True,
    failure_text=FailureText.NOT_CAPTURED,
    names_input_files=True,
    framework_module="sagemaker_sklearn_container.training:main",
    source=(
        "sagemaker-training 4.8.0: entry_point.py, errors.py; sagemaker-containers 2.8.6.post2: _modules.py; "
        "sagemaker-scikit-learn-container eae7b6b: training.py, serving.py"
    ),
)
PYTORCH = ContainerFamily(
    name="pytorch",
    title="PyTorch",
    repositories=(
        "pytorch",
        "pytorch-training",
        "pytorch-inference",
        "pytorch-inference-graviton",
        "pytorch-inference-arm64",
        "pytorch",
    ),
    code_place=CodePlace.ARTIFACT,
    default_program="inference.py",
    # Believed: the default of TorchServe 0.12.
    script_body_limit=BodyLimit(variable="TS_MAX_REQUEST_SIZE", bytes=6_553_500),
    failure_text=FailureText.CAPTURED,
    reads_shell=True,
    passes_context=True,
    names_master=True,
    framework_module="sagemaker_pytorch_container.training:main",
    training_environment={"NCCL_DEBUG": "WARN", "NCCL_IB_DISABLE": "1"},
    source=(
        "sagemaker-training 5.1.1: process.py, files.py; sagemaker-pytorch-training 3.0.0: training.py; "
        "sagemaker-inference 1.10.1: transformer.py; sagemaker-pytorch-inference 2.0.25: serving.py"
    ),
)
TENSORFLOW = ContainerFamily(
    name="tensorflow",
    title="TensorFlow",
    repositories=(
        "tensorflow-training",
        "tensorflow-inference",
        "tensorflow-inference-graviton",
        "tensorflow-inference-arm64",
        "tensorflow",
    ),
    code_place=CodePlace.ARTIFACT,
    serving_program="inference.py",
    serves_without_code=True,
    failure_text=FailureText.CAPTURED,
    reads_shell=True,
    rewrites_model_dir=True,
    framework_module="sagemaker_tensorflow_container.training:main",
    training_environment={"S3_USE_HTTPS": "1", "TF_CPP_MIN_LOG_LEVEL": "1"},
    source=(
        "sagemaker-training 5.1.1: process.py, files.py; sagemaker-tensorflow-training 20.5.0: training.py; "
        "sagemaker-tensorflow-serving-container da19256: serve.py, tfs_utils.py, tensorflowServing.js"
    ),
)
# Its training images are PyTorch's with more libraries in them; its server is another.
HUGGINGFACE = ContainerFamily(
    name="huggingface",
    title="Hugging Face",
    repositories=("huggingface-pytorch-training", "huggingface-pytorch-inference"),
    code_place=CodePlace.ARTIFACT,
    default_program="inference.py",
    serves_without_code=True,
    loads_from_hub=True,
    answers_json=True,
    passes_context=True,
    stood_for=True,
    failure_text=FailureText.CAPTURED,
    reads_shell=True,
    names_master=True,
    framework_module="sagemaker_pytorch_container.training:main",
    training_environment=PYTORCH.training_environment,
    source=(
        "sagemaker-training 5.1.1: process.py, files.py; sagemaker-pytorch-training 3.0.0: training.py; "
        "sagemaker-huggingface-inference-toolkit 2.6.0: handler_service.py, decoder_encoder.py, mms_model_server.py"
    ),
)
DJL = ContainerFamily(
    name="djl",
    title="DJL Serving",
    repositories=("djl-inference",),
    code_place=CodePlace.ARTIFACT,
    serves_without_code=True,
    runs_scripts=False,
    loads_from_hub=True,
    answers_json=True,
    stood_for=True,
    failure_text=FailureText.COMMAND,
    framework_module="",
    source="docs.djl.ai, Serving, configurations: serving.properties, HF_MODEL_ID; sagemaker-core: djl-lmi.json",
)
FAMILIES = {family.name: family for family in (XGBOOST, SKLEARN, PYTORCH, TENSORFLOW, HUGGINGFACE, DJL)}
# Those whose images a rehearsal can take the place of, by what they do around a script.
SCRIPT_FAMILIES = {name: family for name, family in FAMILIES.items() if family.runs_scripts}


def family_of_repository(repository: str) -> ContainerFamily | None:
    """Return the family of an image by its repository, or None for an image that AWS did not make."""
    return next((family for family in FAMILIES.values() if repository in family.repositories), None)
