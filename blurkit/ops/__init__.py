"""Arithmetic on arrays that knows neither methods nor files."""
