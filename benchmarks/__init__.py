"""Measurements of talweg beside its peers; nothing here is a test, and nothing asserts a speed."""
