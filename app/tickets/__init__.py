"""The customer's conversation: tickets, and messages that must reach them."""
