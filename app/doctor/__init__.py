"""What is wrong with an installation, and what to do: a table of small checks with a deadline. Changes nothing."""
