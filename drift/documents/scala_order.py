"""The order of keys in a Scala 2.12 immutable map."""

from collections.abc import Mapping


def in_scala_order(values: Mapping[str, int]) -> list[str]:
    """Return the keys as the map iterates them: as a hash trie from five keys on, else as they came."""
    return list(values) if len(values) < 5 else sorted(values, key=_trie_path)


def _trie_path(text: str) -> tuple[int, ...]:
    code = _java_hash(text)
    spread = (code + ~(code << 9)) & 0xFFFFFFFF
    spread ^= spread >> 14
    spread = (spread + (spread << 4)) & 0xFFFFFFFF
    spread ^= spread >> 10
    return tuple(spread >> depth & 31 for depth in range(0, 35, 5))


def _java_hash(text: str) -> int:
    units = text.encode("utf-16-be", errors="surrogatepass")
    value = 0
    for index in range(0, len(units), 2):
        value = (31 * value + (units[index] << 8) + units[index + 1]) & 0xFFFFFFFF
    return value
