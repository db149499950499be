"""The devices that run plans; all of them behind the one interface in `base`."""
