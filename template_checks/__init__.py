"""Placeholder."""
def check_template(template):  # noqa
    return []
