"""What ends, from the agenda of the ledger into the outbox, every minute."""
