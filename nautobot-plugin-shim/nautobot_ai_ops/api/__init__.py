"""REST API of the AI Ops app."""
