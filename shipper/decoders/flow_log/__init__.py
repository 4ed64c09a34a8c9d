"""Flow logs: the table of fields, the exact path that defines right, and the columnar path that equals it."""
