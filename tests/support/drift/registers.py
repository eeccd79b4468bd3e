from collections.abc import Sequence

import xxhash


def registers_by_hand(texts: Sequence[str]) -> list[int]:
    registers = [0] * 512
    for text in texts:
        digest = xxhash.xxh64(text.encode(), seed=42).intdigest()
        rest = (digest << 9 | 1 << 8) & (2**64 - 1)
        place = digest >> 55
        registers[place] = max(registers[place], 64 - rest.bit_length() + 1)
    return registers
