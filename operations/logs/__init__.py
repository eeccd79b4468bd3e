"""The logs of jobs and endpoints: read, followed, and what of them says why something failed."""
