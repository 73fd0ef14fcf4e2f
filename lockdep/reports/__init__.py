"""Renderers, one file each: a finding becomes text. No rule and no lock is in here."""
