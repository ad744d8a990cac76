"""Conditions: from text to a checked, typed tree, and what its values mean."""
