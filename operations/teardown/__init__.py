"""What `yard teardown` deletes, and what is left afterwards."""
