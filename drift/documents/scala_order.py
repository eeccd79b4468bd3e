"""The order of keys in a Scala 2.12 immutable map."""

from collections.abc import Mapping, Sequence

# A map of up to four keys keeps them as they came; larger ones are hash tries.
SMALLEST_TRIE = 5
BITS = 0xFFFFFFFF


def in_scala_order(values: Mapping[str, int]) -> list[str]:
    """Return the keys as the map iterates them: as a hash trie from five keys on, else as they came."""
    return list(values) if len(values) < SMALLEST_TRIE else sorted(values, key=lambda key: _trie_path(_java_hash(key)))


def categories_in_order(values: Mapping[str, int], *, column: str, pairs: int) -> list[str]:
    """Return a column's categories in the order in which deequ writes them.

    It counts the categories of all columns in one map of pairs, column and value, of which there are `pairs`, and then
    makes a map of each column: of up to four categories that one keeps the order in which the pairs came.
    """
    if len(values) >= SMALLEST_TRIE or pairs < SMALLEST_TRIE:
        return in_scala_order(values)
    return sorted(values, key=lambda value: _trie_path(_product_hash([_java_hash(column), _java_hash(value)])))


def _product_hash(codes: Sequence[int]) -> int:
    """The hash code of a tuple of things with these hash codes (scala.util.hashing.MurmurHash3.productHash)."""
    hashed = 0xCAFEBABE
    for code in codes:
        mixed = _rotated(code * 0xCC9E2D51 & BITS, by=15) * 0x1B873593 & BITS
        hashed = (_rotated(hashed ^ mixed, by=13) * 5 + 0xE6546B64) & BITS
    hashed ^= len(codes)
    hashed = (hashed ^ hashed >> 16) * 0x85EBCA6B & BITS
    hashed = (hashed ^ hashed >> 13) * 0xC2B2AE35 & BITS
    return hashed ^ hashed >> 16


def _rotated(value: int, *, by: int) -> int:
    return (value << by | value >> 32 - by) & BITS


def _trie_path(code: int) -> tuple[int, ...]:
    spread = (code + ~(code << 9)) & BITS
    spread ^= spread >> 14
    spread = (spread + (spread << 4)) & BITS
    spread ^= spread >> 10
    return tuple(spread >> depth & 31 for depth in range(0, 35, 5))


def _java_hash(text: str) -> int:
    units = text.encode("utf-16-be", errors="surrogatepass")
    value = 0
    for index in range(0, len(units), 2):
        value = (31 * value + (units[index] << 8) + units[index + 1]) & BITS
    return value
