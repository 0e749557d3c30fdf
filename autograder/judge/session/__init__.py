"""The judge's end of a running sandbox: processes, connections, limits."""
