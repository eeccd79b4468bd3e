"""What a model costs a month, by AWS's price list or by a table."""
