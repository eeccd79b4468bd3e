from modelyard.drift.documents.scala_order import in_scala_order


def test_five_and_more_categories_are_in_the_order_of_a_scala_hash_map() -> None:
    # worked by hand: the hash codes of one-letter strings are 97 to 101, spread by Scala's improve
    def place(code: int) -> list[int]:
        spread = (code + ~(code << 9)) % 2**32
        spread ^= spread >> 14
        spread = (spread + (spread << 4)) % 2**32
        spread ^= spread >> 10
        return [spread >> bits & 31 for bits in range(0, 35, 5)]

    expected = sorted("abcde", key=lambda letter: place(ord(letter)))
    assert in_scala_order(dict.fromkeys("abcde", 1)) == expected


def test_up_to_four_categories_are_in_the_order_in_which_they_came() -> None:
    assert in_scala_order({"z": 1, "a": 2, "m": 3}) == ["z", "a", "m"]
