"""What training needs, whatever the method: composed and degraded photos, and the loop."""
