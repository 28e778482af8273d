"""What each family makes of its agents."""
