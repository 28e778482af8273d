"""The web tier: the application, the page shell, components, the stream and error pages."""
