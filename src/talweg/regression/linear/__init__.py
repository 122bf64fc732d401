"""Linear models of any loss, fitted by passes over the rows."""
