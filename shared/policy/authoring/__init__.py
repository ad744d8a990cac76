"""What helps the authors of policies: pure functions behind the commands."""
