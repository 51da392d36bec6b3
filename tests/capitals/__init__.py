"""Rows with capitals, which SQL wrote, beside rows in lower case."""
