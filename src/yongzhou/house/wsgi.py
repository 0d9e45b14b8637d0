"""The web role: Django behind granian."""

import ctypes
import os
import signal

from django.core.wsgi import get_wsgi_application

# granian's worker is a grandchild of the family: it must not outlive a parent that was killed, or it keeps the port
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yongzhou.house.settings")

application = get_wsgi_application()
