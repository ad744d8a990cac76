"""Sluice: signals become decisions, decisions become controls."""
