"""What makes a deploy fail: one module for each kind of thing that fails."""
