"""Training, for all methods: composed and degraded photos, and the training loop."""
