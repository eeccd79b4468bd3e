"""The commands of `yard`: each reads its options, has the work done elsewhere, and writes what came out."""
