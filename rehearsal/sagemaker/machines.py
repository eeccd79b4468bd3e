"""What the machine of an instance type can do: run an image that is built for its processor, take a key for its volume.

Of an image or an instance type that is not known here nothing is refused.
"""

from modelyard.rehearsal.sagemaker.containers import family_of, is_monitor, repository
from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.instance_types import Architecture, has_local_disk, instance_types

# AWS builds its images for Arm into repositories of their own (aws/deep-learning-containers, docs/src/data).
FOR_ARM = ("-graviton", "-arm64")
# What a container's log has where the machine cannot run its program: the kernel's words for it (execve, ENOEXEC).
EXEC_FORMAT_ERROR = "exec format error"


def runs(*, image: str, instance_type: str) -> bool:
    """Whether an instance type has the processor that an image is built for."""
    machine = instance_types().get(instance_type)
    if machine is None or not (family_of(image) is not None or is_monitor(image)):
        return True
    architecture: Architecture = "arm64" if repository(image).endswith(FOR_ARM) else "x86_64"
    return machine.architecture == architecture


def check_volume_key(cluster: Document) -> None:
    """Refuse a key for the volume of an instance with disks of its own, in the words of the API reference.

    Raises:
        ServiceError: ValidationException, as botocore's model says it of ResourceConfig, TransformResources and
            ProcessingClusterConfig, member VolumeKmsKeyId.

    """
    instance = cluster.get("InstanceType", "")
    if "VolumeKmsKeyId" in cluster and has_local_disk(instance=instance):
        raise invalid(f"You can't request a VolumeKmsKeyId when using an instance type with local storage: {instance}")


def check_volume_size(cluster: Document) -> None:
    """Refuse a processing job's volume that is larger than the disks that take its place, in the same words.

    Raises:
        ServiceError: ValidationException, ProcessingClusterConfig, member VolumeSizeInGB.

    """
    machine = instance_types().get(cluster["InstanceType"])
    if machine is not None and 0 < machine.local_disk_gb < cluster["VolumeSizeInGB"]:
        raise invalid(
            "You can't request a VolumeSizeInGB greater than the total size of the local instance storage: "
            f"{cluster['VolumeSizeInGB']} on {cluster['InstanceType']}, which has {machine.local_disk_gb}"
        )
