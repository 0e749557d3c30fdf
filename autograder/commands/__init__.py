"""The commands of `./mlsys`, one file a group."""
