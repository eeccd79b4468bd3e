"""What a deploy would do: two revisions' templates in, a plan in words out. Nothing but `sources` calls anything."""
