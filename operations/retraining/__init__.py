"""What comes of a run that a schedule or an alarm has started: a comparison, and a pull request where it is better."""
