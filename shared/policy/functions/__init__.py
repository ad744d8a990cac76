"""The functions that conditions may call."""
