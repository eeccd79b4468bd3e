"""Whether a window has changed more than chance explains, at a rate of false alarms that the user chooses."""
