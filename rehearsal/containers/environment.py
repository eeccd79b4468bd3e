"""The environment and the arguments that a training container gives a script.

The names, the sorted compact JSON and the order of the arguments are those of AWS's sagemaker-training
toolkit (its `environment` and `mapping` modules), which every framework container runs.
"""

import json
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.rehearsal.containers.layout import ContainerTree

INSTANCE_GROUP = "homogeneousCluster"
RESERVED_PREFIX = "sagemaker_"
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
    hosts: Sequence[str] = ("algo-1",)
    current_host: str = "algo-1"
    instance_type: str = "local"
    framework_module: str | None = None
    network_interface: str = field(default_factory=lambda: loopback_interface())

    def __post_init__(self) -> None:
        if self.current_host not in self.hosts:
            raise ValueError(f"current_host must be one of {list(self.hosts)}, got {self.current_host!r}")

    @property
    def decoded(self) -> dict[str, object]:
        """Every hyperparameter, its text read as JSON, or left as it is where it is none."""
        return {name: decode(text) for name, text in self.hyperparameters.items()}

    @property
    def script_hyperparameters(self) -> dict[str, object]:
        """The hyperparameters that are the script's own, without those that the platform reads."""
        return {name: value for name, value in self.decoded.items() if not is_reserved(name)}

    @property
    def resource_config(self) -> dict[str, object]:
        """What /opt/ml/input/config/resourceconfig.json holds."""
        return {
            "current_host": self.current_host,
            "current_instance_type": self.instance_type,
            "current_group_name": INSTANCE_GROUP,
            "hosts": list(self.hosts),
            "instance_groups": [self._group],
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
        return {name: dict(kind) for name in self.channels}

    @property
    def _group(self) -> dict[str, object]:
        return {
            "instance_group_name": INSTANCE_GROUP,
            "instance_type": self.instance_type,
            "hosts": list(self.hosts),
        }

    def arguments(self) -> list[str]:
        """Return the script's arguments, sorted: `--name value`, or `-n value` for a name of one letter."""
        values = self.script_hyperparameters
        return [text for name in sorted(values) for text in (_flag(name), _argument(values[name]))]

    def variables(self) -> dict[str, str]:
        """Return the SM_* variables and those without the prefix that a script may read."""
        values = self._values()
        values |= {f"channel_{name}": str(self.tree.channel(name)) for name in self.channels}
        values |= {f"hp_{name}": value for name, value in self.script_hyperparameters.items()}
        variables = {f"SM_{name.upper()}": _variable(value) for name, value in values.items()}
        return variables | {"TRAINING_JOB_NAME": self.job_name, "TRAINING_JOB_ARN": self.job_arn}

    def write_config(self) -> None:
        """Write the three files of /opt/ml/input/config."""
        self.tree.write_config(name="hyperparameters", content=self.hyperparameters)
        self.tree.write_config(name="resourceconfig", content=self.resource_config)
        self.tree.write_config(name="inputdataconfig", content=self.input_data_config)

    def _values(self) -> dict[str, object]:
        values = self._shared_values()
        training_env = values | {"job_name": self.job_name, "hyperparameters": self.script_hyperparameters}
        training_env |= {"channel_input_dirs": {name: str(self.tree.channel(name)) for name in self.channels}}
        training_env |= {"is_master": self.current_host == self.hosts[0], "master_hostname": self.hosts[0]}
        return values | {
            "hps": self.script_hyperparameters,
            "framework_params": self._framework_parameters(),
            "channels": sorted(self.channels),
            "user_args": self.arguments(),
            "training_env": training_env,
        }

    def _shared_values(self) -> dict[str, object]:
        return self._paths() | {
            "hosts": list(self.hosts),
            "current_host": self.current_host,
            "network_interface_name": self.network_interface,
            "current_instance_type": self.instance_type,
            "current_instance_group": INSTANCE_GROUP,
            "current_instance_group_hosts": list(self.hosts),
            "instance_groups": [INSTANCE_GROUP],
            "instance_groups_dict": {INSTANCE_GROUP: self._group},
            "distribution_instance_groups": [INSTANCE_GROUP],
            "is_hetero": False,
            "resource_config": self.resource_config,
            "input_data_config": self.input_data_config,
            "user_entry_point": self.program,
            "module_name": self.program.removesuffix(".py"),
            "framework_module": self.framework_module,
            "log_level": self.decoded.get("sagemaker_container_log_level", 20),
            "num_cpus": os.cpu_count(),
            "num_gpus": 0,
            "num_neurons": 0,
        }

    def _paths(self) -> dict[str, object]:
        return {
            "model_dir": str(self.tree.model),
            "module_dir": str(self.decoded.get("sagemaker_submit_directory", self.tree.code)),
            "input_dir": str(self.tree.input),
            "input_config_dir": str(self.tree.input_config),
            "output_dir": str(self.tree.output),
            "output_data_dir": str(self.tree.output_data),
            "output_intermediate_dir": str(self.tree.output_intermediate),
        }

    def _framework_parameters(self) -> dict[str, object]:
        return {
            name: value
            for name, value in self.decoded.items()
            if name.startswith(RESERVED_PREFIX) and name not in PLATFORM_NAMES
        }


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


def module_name(*, program: str) -> str:
    """Return the name under which a server imports the program."""
    return Path(program).name.removesuffix(".py")


def _flag(name: str) -> str:
    return f"--{name}" if len(name) > 1 else f"-{name}"


def _argument(value: object) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{key}={value[key]}" for key in sorted(value))
    return "" if value is None else str(value)


def _variable(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
