"""From checked trees to what runs."""
