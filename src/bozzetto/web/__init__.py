"""The pages and the API that other programs call, served on this machine."""
