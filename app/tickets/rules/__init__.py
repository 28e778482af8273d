"""What is decided about messages: what must not reach a customer, and when a failed delivery is tried again."""
