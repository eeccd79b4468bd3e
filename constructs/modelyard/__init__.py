"""The building blocks of the stacks: one construct per module."""
