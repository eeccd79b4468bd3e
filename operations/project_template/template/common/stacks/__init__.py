"""Your own stacks, beside Modelyard's."""
