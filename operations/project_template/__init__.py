"""Projects of one's own: made from a table and a template, and brought to newer releases of it."""
