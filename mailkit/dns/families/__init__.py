"""One module a family of checks: `probe` asks and gives facts, `judge` turns facts into checks."""
