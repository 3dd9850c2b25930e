"""The large profile: thousands of devices beside the sample network."""
