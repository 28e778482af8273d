"""What managers are told outside of the pages: to whom it may go, and how it is worded."""
