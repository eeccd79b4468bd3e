"""What a transform job does between an object and a model: split, filter, batch, join, assemble. No I/O."""
