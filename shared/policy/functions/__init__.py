"""The functions that conditions may call, one module for each subject, and the table of them."""
