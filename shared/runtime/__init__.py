"""What runs in a function: settings, clients, batches, telemetry; one composition root per function."""
