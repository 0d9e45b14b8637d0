"""The web role: Django behind granian."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from yongzhou.house.parent_death import die_with_parent

die_with_parent()  # granian's worker is a grandchild of the family: it must not keep the port of a killed house
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yongzhou.house.settings")

application = get_wsgi_application()

from yongzhou.house.setup import load_rooms  # noqa: E402

load_rooms()
gc.collect()
gc.freeze()  # what is loaded now stays; a full collection looks at what requests left behind
