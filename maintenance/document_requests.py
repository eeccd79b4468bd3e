"""Write `docs/rehearsal-api.md` from the table of what becomes of each member of a request.

make coverage
"""

from collections.abc import Iterator
from pathlib import Path

from modelyard.rehearsal.sagemaker.request_members import table
from modelyard.rehearsal.sagemaker.shapes import service_model

PAGE = Path(__file__).parent.parent / "docs" / "rehearsal-api.md"
HEAD = """# What the local AWS makes of a request

[Nothing of a request is ignored in silence](decisions/0409-nothing-of-a-request-is-ignored.md). An operation that is
not answered is refused by its name, and so is a member that asks for something that nothing here does, before anything
is made. `False` and what is empty ask for nothing. Members that stand in no list below are done, or refused in a
sentence of their own; those that are newer than the API model that is known here are refused.

This page is generated from `rehearsal/sagemaker/request_members.toml` (`make coverage`); tests hold that table to the
API models of botocore and to the code. The operations of other services are MiniStack's.
"""
MEMBERS = {
    "refused": "Members that are refused: nothing here does what they ask for.",
    "only": "Members of which some values are done, and the others refused.",
    "one_of": "Members of which one may be given.",
    "kept": "Members that are kept: Describe operations return them, and they change nothing that runs here.",
}


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join((*_operations(), *_members()))


def answered(service: str) -> list[str]:
    """Return the operations that are answered: those of whose input the table says something."""
    model = service_model(service)
    known = {name: model.operation_model(name).input_shape for name in model.operation_names}
    return [name for name, shape in known.items() if shape is not None and shape.name in table()["read"][service]]


def _operations() -> Iterator[str]:
    yield "\n## Operations\n\n| service | answered | refused by name |\n|---|---|---|\n"
    for service in table()["read"]:
        refused = sorted(set(service_model(service).operation_names) - set(answered(service)))
        yield f"| {service} | {', '.join(answered(service))} | {', '.join(refused)} |\n"


def _members() -> Iterator[str]:
    for section, title in MEMBERS.items():
        yield f"\n## {section.replace('_', ' ').capitalize()}\n\n{title}\n\n| structure | members |\n|---|---|\n"
        for service, structures in table()[section].items():
            for structure, members in structures.items():
                values = {name: f" ({', '.join(members[name])})" if section == "only" else "" for name in members}
                named = ", ".join(f"`{name}`{allowed}" for name, allowed in values.items())
                yield f"| {service} `{structure}` | {named} |\n"


if __name__ == "__main__":
    main()
