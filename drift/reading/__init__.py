"""From files to CSV records in memory: every format becomes the bytes that the one pass reads."""
