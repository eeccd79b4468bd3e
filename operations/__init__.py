"""What runs on the operator's machine, against AWS or against the rehearsal."""
