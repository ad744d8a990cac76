"""From YAML to nodes and typed values that know their place in the file."""
