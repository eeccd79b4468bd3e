import pytest

from modelyard.shared.s3_uri import S3Uri, is_s3_uri, shortened


@pytest.mark.parametrize(
    ("text", "bucket", "key"),
    [
        ("s3://bucket", "bucket", ""),
        ("s3://bucket/", "bucket", ""),
        ("s3://bucket/a/b.csv", "bucket", "a/b.csv"),
        ("s3://bucket//a", "bucket", "/a"),
        ("s3://bucket/a#b?c=d%2e%2e", "bucket", "a#b?c=d%2e%2e"),
        ("s3://bucket/s3://other/x", "bucket", "s3://other/x"),
        ("s3://my.own-bucket-1/ü\n", "my.own-bucket-1", "ü\n"),
    ],
)
def test_a_uri_is_a_bucket_and_all_that_follows_the_slash(text: str, bucket: str, key: str) -> None:
    assert S3Uri.parse(text) == S3Uri(bucket=bucket, key=key)


@pytest.mark.parametrize(
    ("text", "bucket", "key"),
    [
        ("https://bucket.s3.us-east-1.amazonaws.com/a/b.csv", "bucket", "a/b.csv"),
        ("https://bucket.s3-us-east-1.amazonaws.com/a", "bucket", "a"),
        ("https://bucket.s3.amazonaws.com/a", "bucket", "a"),
        ("https://my.own.s3.dualstack.eu-west-1.amazonaws.com/a", "my.own", "a"),
        ("https://s3.us-east-1.amazonaws.com/bucket/a/b", "bucket", "a/b"),
        ("https://s3-us-gov-west-1.amazonaws.com/bucket", "bucket", ""),
        ("https://s3.amazonaws.com/bucket/", "bucket", ""),
        ("https://bucket.s3.cn-north-1.amazonaws.com.cn/a", "bucket", "a"),
        ("https://bucket.s3.us-east-1.amazonaws.com", "bucket", ""),
    ],
)
def test_the_url_of_an_object_is_its_bucket_and_its_key(text: str, bucket: str, key: str) -> None:
    assert S3Uri.parse(text) == S3Uri(bucket=bucket, key=key)


@pytest.mark.parametrize("mark", ["?versionId=1", "#a", "%20a"])
def test_a_url_with_a_mark_that_may_be_no_letter_of_the_key_is_refused(mark: str) -> None:
    with pytest.raises(ValueError, match=r"a URL of S3 must have no \?, # and %"):
        S3Uri.parse(f"https://bucket.s3.amazonaws.com/key{mark}")


@pytest.mark.parametrize("key", ["", "a", "a/", "/a", "a//b", "../a", "a?b#c%00"])
def test_the_text_of_a_uri_is_read_as_the_same_uri(key: str) -> None:
    uri = S3Uri(bucket="bucket", key=key)
    assert S3Uri.parse(str(uri)) == uri


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/tmp/x",  # noqa: S108
        "S3://bucket/x",
        "https://bucket/x",
        "http://b.s3.amazonaws.com/x",
        "https://b.s3.amazonaws.com.evil.org/x",
        " s3://bucket/x",
        "bucket/x",
    ],
)
def test_what_does_not_begin_as_an_s3_uri_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"an S3 URI must begin with s3://, got .*; write s3://bucket/key"):
        S3Uri.parse(text)


@pytest.mark.parametrize(
    "bucket",
    [
        "",
        "ab",
        "a" * 64,
        "Bucket",
        "under_score",
        "-bucket",
        "bucket-",
        ".bucket",
        "bucket.",
        "two..dots",
        "192.168.5.4",
        "bucket\n",
        "user@host",
        "bucket:80",
        "bücket",
        "..",
    ],
)
def test_a_bucket_whose_name_breaks_the_rules_of_s3_is_refused(bucket: str) -> None:
    with pytest.raises(ValueError, match="an S3 URI must name a bucket by 3 to 63 lower-case letters"):
        S3Uri.parse(f"s3://{bucket}/key")


@pytest.mark.parametrize("bucket", ["abc", "a" * 63, "1a.b-c", "my-point-abc123-s3alias"])
def test_a_bucket_whose_name_keeps_the_rules_of_s3_is_taken(bucket: str) -> None:
    assert S3Uri.parse(f"s3://{bucket}/key").bucket == bucket


def test_a_key_has_at_most_1024_bytes() -> None:
    assert S3Uri(bucket="bucket", key="ü" * 512).key == "ü" * 512
    with pytest.raises(ValueError, match="at most 1,024 bytes in UTF-8, got 1,026"):
        S3Uri(bucket="bucket", key="ü" * 513)


def test_a_key_with_a_surrogate_is_refused() -> None:
    with pytest.raises(ValueError, match="must be Unicode text"):
        S3Uri(bucket="bucket", key="a\udc80")


@pytest.mark.parametrize(("key", "below"), [("", "x"), ("a", "a/x"), ("a/", "a/x"), ("a//", "a//x")])
def test_what_lies_below_a_uri_has_one_slash_more(key: str, below: str) -> None:
    assert S3Uri(bucket="bucket", key=key).below("x") == S3Uri(bucket="bucket", key=below)


def test_what_lies_below_a_uri_is_a_key_too() -> None:
    with pytest.raises(ValueError, match="at most 1,024 bytes"):
        S3Uri(bucket="bucket", key="a" * 1000).below("b" * 30)


def test_a_path_is_told_from_a_uri() -> None:
    assert [is_s3_uri(text) for text in ("s3://bucket/x", "/opt/ml/code", "S3://bucket/x")] == [True, False, False]


def test_a_text_is_quoted_without_what_a_terminal_would_obey_and_cut() -> None:
    assert shortened("a\x1b[2J\u202e") == r"'a\x1b[2J\u202e'"
    assert shortened("a" * 101) == f"'{'a' * 100}...'"
