"""Steps of the first start; `bootstrap.py` runs them with the standard library only, before anything is installed."""
