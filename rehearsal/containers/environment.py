"""What a container gives its program: the tree at /opt/ml, which is any folder here, variables and arguments.

The names, the sorted compact JSON and the order of the arguments are those of AWS's sagemaker-training
toolkit (its `environment` and `mapping` modules), which every framework container runs.

Source of the tree: "How Amazon SageMaker AI Provides Training Information" and "How Amazon SageMaker AI Processes
Training Output" in AWS's developer guide.
"""

import json
import os
import shutil
import socket
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.shared.container_families import MODEL_DIR, ContainerFamily

# "Length Constraints: Maximum length of 1024", of FailureReason and ExitMessage in AWS's API reference.
LONGEST_MESSAGE = 1024
BYTES_A_CHARACTER = 4
# Where a server of a model listens, and how it says that it does, followed by its address.
ADDRESS = "127.0.0.1"
ANNOUNCEMENT = "serving on "
INSTANCE_GROUP = "homogeneousCluster"
RESERVED_PREFIX = "sagemaker_"
# What the old toolkit, of XGBoost's images, does not tell.
INSTANCE_VALUES = frozenset(
    {
        "current_instance_type",
        "current_instance_group",
        "current_instance_group_hosts",
        "instance_groups",
        "instance_groups_dict",
        "distribution_instance_groups",
        "is_hetero",
        "num_neurons",
    }
)
# Two that have no sagemaker_ prefix and are the platform's own all the same.
RESERVED_NAMES = frozenset({"_tuning_objective_metric", "default_user_module_name"})
# Those sagemaker_ names that do not turn up again in SM_FRAMEWORK_PARAMS.
PLATFORM_NAMES = RESERVED_NAMES | {
    f"{RESERVED_PREFIX}{name}"
    for name in (
        "program",
        "submit_directory",
        "container_log_level",
        "job_name",
        "region",
        "enable_cloudwatch_metrics",
        "s3_output",
    )
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerTree:
    """One container's /opt/ml, which is the folder `root` here.

    Raises:
        ValueError: the root is not an absolute path; a script runs in a folder of its own and would not find it.

    """

    root: Path

    def __post_init__(self) -> None:
        if not self.root.is_absolute():
            raise ValueError(f"root must be an absolute path, got {self.root}; call resolve() on it")

    @property
    def input(self) -> Path:
        """Where configuration and channels lie."""
        return self.root / "input"

    @property
    def input_config(self) -> Path:
        """Where hyperparameters.json, resourceconfig.json and inputdataconfig.json lie."""
        return self.input / "config"

    @property
    def processing_config(self) -> Path:
        """Where a processing job finds processingjobconfig.json and resourceconfig.json."""
        return self.root / "config"

    @property
    def message(self) -> Path:
        """The file whose first 1,024 characters are a processing job's exit message."""
        return self.output / "message"

    @property
    def output(self) -> Path:
        """Where the failure file goes."""
        return self.root / "output"

    @property
    def output_data(self) -> Path:
        """Where a script puts what is to be kept beside the model."""
        return self.output / "data"

    @property
    def output_intermediate(self) -> Path:
        """Where a script puts what AWS would upload while training goes on."""
        return self.output / "intermediate"

    @property
    def failure(self) -> Path:
        """The file whose first 1,024 characters are the failure reason."""
        return self.output / "failure"

    @property
    def model(self) -> Path:
        """Where a script saves its model, and where a server finds it."""
        return self.root / "model"

    @property
    def code(self) -> Path:
        """Where the script's own folder is unpacked."""
        return self.root / "code"

    @property
    def checkpoints(self) -> Path:
        """Where a script may save its progress."""
        return self.root / "checkpoints"

    @property
    def home(self) -> Path:
        """A home folder without anyone's credentials; beside /opt/ml in a real container."""
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        """What /tmp is in a real container, so that a script's leftovers go with the tree."""
        return self.root / "tmp"

    def channel(self, name: str) -> Path:
        """Where a channel's files lie."""
        return self.input / "data" / name

    def create(self) -> None:
        """Make every folder; a folder that is there already keeps what it holds."""
        folders = (self.input_config, self.input / "data", self.output_data, self.output_intermediate)
        for folder in (*folders, self.model, self.code, self.checkpoints, self.home, self.temporary):
            folder.mkdir(parents=True, exist_ok=True)

    def copy_channels(self, channels: Mapping[str, Path]) -> None:
        """Copy each channel's folder or file in: a script that writes to it must not change the source.

        Raises:
            ValueError: a channel's source does not exist.

        """
        for name, source in channels.items():
            if not source.exists():
                raise ValueError(f"channel {name} must be a folder or a file, found nothing at {source}")
            if source.is_dir():
                shutil.copytree(source, self.channel(name), dirs_exist_ok=True)
            else:
                self.channel(name).mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, self.channel(name))

    def write_config(self, *, name: str, content: Mapping[str, object]) -> None:
        """Write one of the JSON files of /opt/ml/input/config."""
        (self.input_config / f"{name}.json").write_text(json.dumps(content, sort_keys=True), encoding="utf-8")

    def write_processing_config(self, *, name: str, content: Mapping[str, object]) -> None:
        """Write one of the two JSON files of /opt/ml/config, where a processing job looks."""
        (self.processing_config / f"{name}.json").write_text(json.dumps(content, sort_keys=True), encoding="utf-8")


def read_message(file: Path) -> str | None:
    """Return the first 1,024 characters of the file in which a container says how it ended, or None if it left none.

    What is no regular file is none: to read a pipe could take for ever.
    """
    try:
        # Not to wait for a writer, should it become a pipe at this moment.
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return os.read(descriptor, LONGEST_MESSAGE * BYTES_A_CHARACTER).decode(errors="replace")[:LONGEST_MESSAGE]
    finally:
        os.close(descriptor)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingHost:
    """One host of a training job, as its script sees it.

    Raises:
        ValueError: the current host is not one of the hosts.

    """

    tree: ContainerTree
    job_name: str
    job_arn: str
    program: str
    hyperparameters: Mapping[str, str]
    channels: Sequence[str]
    content_types: Mapping[str, str] = field(default_factory=dict)
    hosts: Sequence[str] = ("algo-1",)
    current_host: str = "algo-1"
    instance_type: str = "local"
    family: ContainerFamily | None = None
    network_interface: str = field(default_factory=lambda: loopback_interface())

    def __post_init__(self) -> None:
        if self.current_host not in self.hosts:
            raise ValueError(f"current_host must be one of {list(self.hosts)}, got {self.current_host!r}")

    @property
    def decoded(self) -> dict[str, object]:
        """Every hyperparameter as the script's container has it: its text read as JSON, or as it is where it is none.

        In a search TensorFlow's container appends the job's name to a model_dir, unless that lies below /opt/ml
        (sagemaker-tensorflow-training 20.5.0, `main` and `_model_dir_with_training_job`).
        """
        values = {name: decode(text) for name, text in self.hyperparameters.items()}
        searched = "_tuning_objective_metric" in values
        if self.family is not None and self.family.rewrites_model_dir:
            given = values.get("model_dir")
            if isinstance(given, str) and given.startswith(MODEL_DIR):
                # What stands for /opt/ml here.
                values["model_dir"] = f"{self.tree.model}{given.removeprefix(MODEL_DIR)}"
            elif searched and not str(given).startswith("/opt/ml"):
                values["model_dir"] = f"{given}/{self.job_name}/model"
        return values

    @property
    def script_hyperparameters(self) -> dict[str, object]:
        """The hyperparameters that are the script's own, without those that the platform reads."""
        return {name: value for name, value in self.decoded.items() if not is_reserved(name)}

    @property
    def instance_group(self) -> dict[str, object]:
        """The one group of instances that a job has here."""
        return {
            "instance_group_name": INSTANCE_GROUP,
            "instance_type": self.instance_type,
            "hosts": list(self.hosts),
        }

    @property
    def resource_config(self) -> dict[str, object]:
        """What /opt/ml/input/config/resourceconfig.json holds."""
        return {
            "current_host": self.current_host,
            "current_instance_type": self.instance_type,
            "current_group_name": INSTANCE_GROUP,
            "hosts": list(self.hosts),
            "instance_groups": [self.instance_group],
            "network_interface_name": self.network_interface,
        }

    @property
    def input_data_config(self) -> dict[str, object]:
        """What /opt/ml/input/config/inputdataconfig.json holds."""
        kind = {
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        }
        # A channel that says nothing of its content has no such member.
        given = {
            name: {"ContentType": self.content_types[name]} for name in self.channels if name in self.content_types
        }
        return {name: kind | given.get(name, {}) for name in self.channels}

    def arguments(self) -> list[str]:
        """Return the script's arguments, sorted: `--name value`, or `-n value` for a name of one letter."""
        arguments: list[str] = []
        for name, value in sorted(self.script_hyperparameters.items()):
            arguments.append(f"--{name}" if len(name) > 1 else f"-{name}")
            if isinstance(value, Mapping):
                arguments.append(",".join(f"{key}={value[key]}" for key in sorted(value)))
            else:
                arguments.append("" if value is None else str(value))
        return arguments

    def variables(self) -> dict[str, str]:
        """Return the SM_* variables and those without the prefix that a script may read."""
        script_hyperparameters = self.script_hyperparameters
        framework_parameters = {
            name: value
            for name, value in self.decoded.items()
            if name.startswith(RESERVED_PREFIX) and name not in PLATFORM_NAMES
        }
        channel_folders = {name: str(self.tree.channel(name)) for name in self.channels}
        values: dict[str, object] = {
            "model_dir": str(self.tree.model),
            "module_dir": str(self.decoded.get("sagemaker_submit_directory", self.tree.code)),
            "input_dir": str(self.tree.input),
            "input_config_dir": str(self.tree.input_config),
            "output_dir": str(self.tree.output),
            "output_data_dir": str(self.tree.output_data),
            "output_intermediate_dir": str(self.tree.output_intermediate),
            "hosts": list(self.hosts),
            "current_host": self.current_host,
            "network_interface_name": self.network_interface,
            "current_instance_type": self.instance_type,
            "current_instance_group": INSTANCE_GROUP,
            "current_instance_group_hosts": list(self.hosts),
            "instance_groups": [INSTANCE_GROUP],
            "instance_groups_dict": {INSTANCE_GROUP: self.instance_group},
            "distribution_instance_groups": [],
            "is_hetero": False,
            "resource_config": self.resource_config,
            "input_data_config": self.input_data_config,
            "user_entry_point": self.program,
            "module_name": self.program.removesuffix(".py"),
            "framework_module": None if self.family is None else self.family.framework_module,
            "log_level": self.decoded.get("sagemaker_container_log_level", 20),
            "num_cpus": os.cpu_count(),
            "num_gpus": 0,
            "num_neurons": 0,
        }
        if self.family is not None and not self.family.describes_instances:
            values = {name: value for name, value in values.items() if name not in INSTANCE_VALUES}
        # SM_TRAINING_ENV has all of the above, and this.
        values["training_env"] = values | {
            "additional_framework_parameters": framework_parameters,
            "job_name": self.job_name,
            "hyperparameters": script_hyperparameters,
            "channel_input_dirs": channel_folders,
            "is_master": self.current_host == self.hosts[0],
            "master_hostname": self.hosts[0],
        }
        values |= {
            "hps": script_hyperparameters,
            "framework_params": framework_parameters,
            "channels": sorted(self.channels),
            "user_args": self.arguments(),
        }
        values |= {f"channel_{name}": folder for name, folder in channel_folders.items()}
        values |= {f"hp_{name}": value for name, value in script_hyperparameters.items()}

        variables = self.job_variables()
        for name, value in values.items():
            text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
            variables[f"SM_{name.upper()}"] = "" if value is None else text
        if self.family is not None and self.family.names_input_files:
            variables |= {
                "SM_INPUT": str(self.tree.input),
                "SM_INPUT_TRAINING_CONFIG_FILE": str(self.tree.input_config / "hyperparameters.json"),
                "SM_INPUT_DATA_CONFIG_FILE": str(self.tree.input_config / "inputdataconfig.json"),
                "SM_CHECKPOINT_CONFIG_FILE": str(self.tree.input_config / "checkpointconfig.json"),
            }
        return variables | (dict(self.family.training_environment) if self.family is not None else {})

    def job_variables(self) -> dict[str, str]:
        """Return what SageMaker itself tells any container of its job; all else is a toolkit's."""
        return {"TRAINING_JOB_NAME": self.job_name, "TRAINING_JOB_ARN": self.job_arn}

    def write_config(self, *, tree: ContainerTree) -> None:
        """Write the three files of /opt/ml/input/config, into the tree that its processes find where `self.tree` is."""
        tree.write_config(name="hyperparameters", content=self.hyperparameters)
        tree.write_config(name="resourceconfig", content=self.resource_config)
        tree.write_config(name="inputdataconfig", content=self.input_data_config)


def base_environment(*, tree: ContainerTree) -> dict[str, str]:
    """Return what every process of a container starts with: nothing of the user's but the way to programs.

    The home folder is the container's own, so that no profile, credential or cache of the user is found, and
    the address at which an EC2 machine would hand out credentials is switched off.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(tree.home),
        "TMPDIR": str(tree.temporary),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        # On AWS a container has its machine for itself; here many share one, and idle threads must not spin.
        "OMP_WAIT_POLICY": "PASSIVE",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def decode(text: str) -> object:
    """Read a hyperparameter as JSON, or return its text where it is none, as the containers do."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value


def is_reserved(name: str) -> bool:
    """Tell whether a hyperparameter is the platform's own and not passed to the script."""
    return name.startswith(RESERVED_PREFIX) or name in RESERVED_NAMES


def loopback_interface() -> str:
    """Return the name of the loopback network interface: `lo` on Linux, `lo0` on macOS."""
    names = [name for _, name in socket.if_nameindex() if name.startswith("lo")]
    return names[0] if names else "lo"
