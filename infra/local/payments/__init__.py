"""A labelled file of payments through the pure core, and the measures that were published for it."""
