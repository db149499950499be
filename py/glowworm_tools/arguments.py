"""Types of command-line arguments that several tools take. Needs only the standard library."""

import argparse

LAST_PORT = 65535


def port_number(text: str) -> int:
    """A TCP port, or 0 for any free one."""
    if not (text.isascii() and text.isdecimal()) or len(text) > 5 or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"must be a number from 0 (any free port) to {LAST_PORT}")
    return int(text)
