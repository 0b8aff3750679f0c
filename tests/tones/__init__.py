"""How well the tones of networks are recognised: samples with an owner of none, and a table."""
