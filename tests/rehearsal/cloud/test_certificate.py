import stat
from pathlib import Path

import pytest
from cryptography import x509

from modelyard.rehearsal.cloud.certificate import names_of_aws, write_certificate


@pytest.mark.parametrize(
    ("region", "name"),
    [("us-east-1", "*.us-east-1.amazonaws.com"), ("cn-north-1", "*.sagemaker.cn-north-1.amazonaws.com.cn")],
)
def test_a_certificate_is_for_the_names_of_the_apis_of_its_region(tmp_path: Path, region: str, name: str) -> None:
    names = names_of_aws(region=region)
    write_certificate(certificate=tmp_path / "a.pem", key=tmp_path / "a.key", names=names)
    written = x509.load_pem_x509_certificate((tmp_path / "a.pem").read_bytes())
    own = written.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert own.get_values_for_type(x509.DNSName) == names
    assert name in names


def test_nobody_else_reads_its_key(tmp_path: Path) -> None:
    write_certificate(certificate=tmp_path / "a.pem", key=tmp_path / "a.key", names=["a.example"])
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o600
