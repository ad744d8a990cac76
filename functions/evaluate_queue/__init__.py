"""Signals from the SQS queue."""
