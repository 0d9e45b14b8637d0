"""The peer: django-ninja with one typed POST, no middleware, no database."""

from __future__ import annotations

import os
import sys

import django
from django.conf import settings

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY=os.urandom(32).hex())
django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402 - needs the settings
from django.http import HttpRequest  # noqa: E402
from django.urls import path  # noqa: E402
from ninja import NinjaAPI, Schema  # noqa: E402

api = NinjaAPI()


class Say(Schema):
    """What is said."""

    text: str
    level: int


class Answer(Schema):
    """That it was heard."""

    heard: bool


@api.post("/say", response=Answer)
def say(request: HttpRequest, data: Say) -> Answer:
    """Answer."""
    return Answer(heard=True)


urlpatterns = [path("", api.urls)]
sys.modules.setdefault("benchmarks.posts_peer", sys.modules[__name__])
application = WSGIHandler()
