"""What the Python tests and measurements share: servers, a RESP client, /proc, counting results."""

import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
