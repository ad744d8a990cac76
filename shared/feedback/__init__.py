"""What arrives later and tells what was true: labels, and the quality of decisions against them. Pure."""

from shared.feedback.labels import Label, label_of
from shared.feedback.quality import Quality, Ratio, quality

__all__ = ["Label", "Quality", "Ratio", "label_of", "quality"]
