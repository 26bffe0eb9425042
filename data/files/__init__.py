"""Reading and writing images, videos, flow, folders; nothing here knows classes."""
