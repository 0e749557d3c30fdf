"""One style for every plot, and the charts and tables that several units draw."""
