"""Weights at rest: file headers, byte ranges and block layouts. Nothing here holds a tensor in memory."""
