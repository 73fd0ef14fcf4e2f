"""How strong the evidence for a finding is, and why."""
