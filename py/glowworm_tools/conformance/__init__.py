"""One table of operations, shapes, layouts and features: every device is checked and timed by it."""
