"""The `sluice` command: one module for each group of commands, and how it speaks to people and to pipes."""
