"""The CDK app that deploys Sluice; it knows functions by name only."""
