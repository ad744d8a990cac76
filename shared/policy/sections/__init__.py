"""The sections of a policy's documents: features, lists, rules with their effects and tests."""
