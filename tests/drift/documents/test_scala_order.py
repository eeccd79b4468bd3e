import pytest
from sklearn.utils import murmurhash3_32

from modelyard.drift.documents.scala_order import categories_in_order, in_scala_order


def test_five_and_more_categories_are_in_the_order_of_a_scala_hash_map() -> None:
    # worked by hand: the hash codes of one-letter strings are 97 to 101, spread by Scala's improve
    expected = sorted("abcde", key=lambda letter: spread(ord(letter)))
    assert in_scala_order(dict.fromkeys("abcde", 1)) == expected


def test_up_to_four_categories_are_in_the_order_in_which_they_came() -> None:
    assert in_scala_order({"z": 1, "a": 2, "m": 3}) == ["z", "a", "m"]


def spread(code: int) -> list[int]:
    """The five-bit chunks by which a hash trie places a hash code."""
    improved = (code + ~(code << 9)) % 2**32
    improved ^= improved >> 14
    improved = (improved + (improved << 4)) % 2**32
    improved ^= improved >> 10
    return [improved >> bits & 31 for bits in range(0, 35, 5)]


def hash_of_pair(column: str, value: str) -> int:
    """Scala's hash of a tuple by scikit-learn's MurmurHash3, which ends with a number of bytes and not of items."""
    codes = b"".join(
        (sum(ord(letter) * 31**power for power, letter in enumerate(reversed(text))) % 2**32).to_bytes(4, "little")
        for text in (column, value)
    )
    code = int(murmurhash3_32(codes, seed=0xCAFEBABE, positive=True))
    # The end of the hash backwards, each step of which can be undone; then forwards again with the other number.
    code ^= code >> 16
    code = code * pow(0xC2B2AE35, -1, 2**32) % 2**32
    code ^= code >> 13 ^ code >> 26
    code = code * pow(0x85EBCA6B, -1, 2**32) % 2**32
    code ^= code >> 16
    code ^= len(codes) ^ 2
    code ^= code >> 16
    code = code * 0x85EBCA6B % 2**32
    code ^= code >> 13
    code = code * 0xC2B2AE35 % 2**32
    return code ^ code >> 16


@pytest.mark.parametrize("column", ["plan", "country", "a"])
def test_up_to_four_categories_are_in_the_order_of_the_map_of_all_columns_categories(column: str) -> None:
    values = ["basic", "plus", "pro"]
    expected = sorted(values, key=lambda value: spread(hash_of_pair(column, value)))
    assert categories_in_order(dict.fromkeys(values, 1), column=column, pairs=5) == expected


def test_a_map_of_up_to_four_pairs_keeps_them_as_they_came() -> None:
    assert categories_in_order({"z": 1, "a": 2, "m": 3}, column="plan", pairs=4) == ["z", "a", "m"]


def test_five_and_more_categories_are_in_the_order_of_their_own_map() -> None:
    values = dict.fromkeys("abcde", 1)
    assert categories_in_order(values, column="plan", pairs=9) == in_scala_order(values)
