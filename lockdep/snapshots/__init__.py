"""What is saved, merged and compared: records, the file format, merging."""
