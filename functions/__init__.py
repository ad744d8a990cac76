"""One folder a Lambda: a handler decodes, calls, encodes."""
