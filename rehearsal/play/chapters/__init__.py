"""The chapters of the play, by what they are about."""
