"""What the tables hold and no package publishes: stated by hand, each with its source.

The lists of images are AWS's own: github.com/aws/deep-learning-containers, folder docs/src/data, as of LISTED.
"""

from modelyard.shared.instance_types import InstanceType

LISTED = "2026-08-21"

# Keys `eop` of <repository>/<version>-cpu-sagemaker.yml. What is not here is not in AWS's list, or has no such
# key there, as the images of Hugging Face and DJL. PyTorch is listed below `pytorch` from 2.11 on.
END_OF_PATCHES = {
    ("pytorch", "inference", "2.6.0"): "2026-06-30",
    ("pytorch", "training", "2.6.0"): "2026-01-29",
    ("pytorch", "training", "2.7.1"): "2026-04-23",
    ("pytorch", "training", "2.8.0"): "2026-08-06",
    ("pytorch", "training", "2.9.0"): "2026-10-15",
    ("pytorch", "training", "2.10.0"): "2027-01-21",
    ("pytorch", "training", "2.11"): "2027-04-30",
    ("pytorch", "training", "2.12"): "2027-07-02",
    ("pytorch", "training", "2.13"): "2027-07-20",
    ("pytorch", "training", "2.14"): "2027-09-28",  # of a later list, in which its file is the first
    ("tensorflow", "inference", "2.19.0"): "2026-03-11",
    ("tensorflow", "inference", "2.20.0"): "2027-08-20",
    ("tensorflow", "training", "2.19.0"): "2026-03-11",
    ("tensorflow", "training", "2.21.0"): "2027-07-10",
    ("sklearn", "inference", "1.4-2-py312"): "2026-10-30",
    ("sklearn", "training", "1.4-2-py312"): "2026-10-30",
    ("sklearn", "inference", "1.9-0"): "2027-07-16",
    ("sklearn", "training", "1.9-0"): "2027-07-16",
    ("xgboost", "inference", "3.0-5"): "2026-11-17",
    ("xgboost", "training", "3.0-5"): "2026-11-17",
    ("xgboost", "inference", "3.2-0"): "2027-05-13",
    ("xgboost", "training", "3.2-0"): "2027-05-13",
}

# Keys `cuda` of <repository>/<version>-gpu-sagemaker.yml, where the image's tag does not name it. The list begins with
# images of 2025: what is not here is older.
CUDA = {
    ("pytorch", "inference", "2.6.0"): "12.4",
    ("pytorch", "training", "2.6.0"): "12.6",
    ("pytorch", "training", "2.7.1"): "12.8",
    ("pytorch", "training", "2.8.0"): "12.9",
    ("pytorch", "training", "2.9.0"): "13.0",
    ("pytorch", "training", "2.10.0"): "13.0",
    ("tensorflow", "inference", "2.19.0"): "12.2",
    ("tensorflow", "inference", "2.20.0"): "12.9",
    ("tensorflow", "training", "2.19.0"): "12.5",
    ("tensorflow", "training", "2.21.0"): "12.9",
}

# The first CUDA with kernels for the GPUs of a family of instances, or the last, where an image of the tables is older
# or newer. Blackwell (B200, B300, RTX PRO): NVIDIA, "Blackwell Compatibility Guide for CUDA Applications". Volta
# (V100): CUDA Toolkit release notes of 12.9 and 13.0. Kepler (K80): those of 12.0.
FIRST_CUDA = {"g7": "12.8", "g7e": "12.8", "p6-b200": "12.8", "p6-b300": "12.8"}
LAST_CUDA = {"p2": "11.8", "p3": "12.9", "p3dn": "12.9"}

# Keys `tags` of the same files: AWS lists these alone, where sagemaker-core makes a shorter tag of its own.
LISTED_TAGS = {
    ("tensorflow", scope, version, processor): f"{version}-{processor}-py312-sagemaker"
    for scope, versions in (("inference", ("2.19.0", "2.20.0")), ("training", ("2.19.0", "2.21.0")))
    for version in versions
    for processor in ("cpu", "gpu")
}

# An image for Graviton that sagemaker-core does not know: tensorflow-inference-arm64/2.19-cpu-sagemaker.yml.
# Its accounts are those of the image for x86_64 (docs/reference/region_availability.md of the same repository).
LISTED_ARM64 = {
    ("tensorflow", "2.19.0"): ("tensorflow-inference-arm64", "2.19.0-cpu-py312-ubuntu22.04-sagemaker"),
}

GPU_WITHOUT_DISK = InstanceType(architecture="x86_64", accelerator="gpu", local_disk_gb=0)
# Instance types that EC2's answer no longer or not yet has: "Amazon EC2 P2 Instances", "Amazon EC2 P3 Instances"
# (EBS only) and "Amazon EC2 P6e UltraServers" (Grace CPUs, 22.5 TB of local disks an instance).
STATED_INSTANCES = {
    "ml.p2.xlarge": GPU_WITHOUT_DISK,
    "ml.p2.8xlarge": GPU_WITHOUT_DISK,
    "ml.p2.16xlarge": GPU_WITHOUT_DISK,
    "ml.p3.2xlarge": GPU_WITHOUT_DISK,
    "ml.p3.8xlarge": GPU_WITHOUT_DISK,
    "ml.p3.16xlarge": GPU_WITHOUT_DISK,
    "ml.p6e-gb200.36xlarge": InstanceType(architecture="arm64", accelerator="gpu", local_disk_gb=22_500),
}
