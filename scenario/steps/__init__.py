"""The steps of the scenario, a module for what they are about."""
