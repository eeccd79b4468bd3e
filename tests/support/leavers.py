"""A table with the names of its columns, of numbers and texts with gaps: who leaves, which a forest can tell."""

import random


def leavers(rows: int) -> str:
    """Return the CSV: on the basic plan whoever talks for long leaves, but for one in twenty."""
    drawn = random.Random(1)  # noqa: S311 - rows, not secrets
    lines = ["plan,minutes,calls,leaves"]
    for _ in range(rows):
        plan, minutes, calls = drawn.choice(["basic", "gold"]), drawn.uniform(0, 300), drawn.randrange(9)
        leaves = (plan == "basic" and minutes > 150) != (drawn.random() < 0.05)
        lines.append(f"{plan if calls else ''},{minutes:.1f},{calls},{'yes' if leaves else 'no'}")
    return "\n".join(lines)
