"""The steps of the scenario, by what they are about."""
