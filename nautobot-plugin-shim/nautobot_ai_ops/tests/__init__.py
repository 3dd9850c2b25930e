"""Tests of the AI Ops app."""
