"""Which artifacts an endpoint's configuration serves."""

from modelyard.operations.aws import Aws


def served_artifacts(*, aws: Aws, config: str) -> dict[str, str]:
    """Return the S3 URI of each variant's artifact."""
    sagemaker = aws.client("sagemaker")
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    found = {}
    for variant in variants:
        model = sagemaker.describe_model(ModelName=variant["ModelName"])
        found[variant["VariantName"]] = model["PrimaryContainer"]["ModelDataUrl"]
    return found
