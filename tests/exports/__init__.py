"""Tests of lockdep.exports, against the real client libraries."""
