"""The web manifest: the app can be put on a phone's home screen."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static


def manifest(request: HttpRequest) -> HttpResponse:
    """Name, colours, icon."""
    return JsonResponse(
        {
            "name": "永州城市",
            "short_name": "永州城市",
            "lang": "zh-CN",
            "start_url": "/app/",
            "scope": "/app/",
            "display": "standalone",
            "background_color": "#F5F7F8",
            "theme_color": "#0B6B7A",
            "icons": [{"src": static("look/brand.svg"), "sizes": "any", "type": "image/svg+xml"}],
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )
