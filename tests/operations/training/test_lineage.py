"""What a training job ran, of what SageMaker tells of it."""

from modelyard.operations.training.lineage import Link, code_of

ALGORITHM = "arn:aws:sagemaker:us-east-1:865070037744:algorithm/decision-trees-0123456789abcdef"


def test_a_job_by_an_algorithm_resource_names_it_and_no_image() -> None:
    job = {"AlgorithmSpecification": {"AlgorithmName": ALGORITHM, "TrainingInputMode": "File"}}

    assert list(code_of(job)) == [Link(step="algorithm", what=ALGORITHM)]


def test_a_job_by_a_script_names_its_archive_and_its_image() -> None:
    told = {"sagemaker_submit_directory": '"s3://assets/code.gz"', "sagemaker_program": '"train.py"'}
    job = {"AlgorithmSpecification": {"TrainingImage": "image"}, "HyperParameters": told}

    assert list(code_of(job)) == [
        Link(step="script", what="s3://assets/code.gz", about="train.py"),
        Link(step="image", what="image"),
    ]
