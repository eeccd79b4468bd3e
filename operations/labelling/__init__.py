"""Labels for captured records: which are worth one, the page on which people give them, and what is made of them."""
