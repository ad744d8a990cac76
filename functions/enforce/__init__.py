"""Recorded actions, from the decisions table's stream to the ledger and the bus."""
