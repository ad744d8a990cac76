"""Disputes, reviews, appeals and step-up answers from the feedback queue."""
