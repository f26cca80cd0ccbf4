"""The assistant: the only place that knows the order of the path."""
