"""What an operator runs on their own machine, against AWS or the rehearsal, and cannot tell which: `yard`."""
