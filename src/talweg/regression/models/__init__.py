"""Any model with any loss."""
