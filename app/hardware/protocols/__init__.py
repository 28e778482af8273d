"""Bytes to answers, one module a protocol; they know no models and no vendors."""
