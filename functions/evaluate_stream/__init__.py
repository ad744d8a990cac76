"""Signals from the Kinesis stream."""
