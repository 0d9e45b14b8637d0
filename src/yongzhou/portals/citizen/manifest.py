"""The web manifest: the app can be put on a phone's home screen."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static


def manifest(request: HttpRequest) -> HttpResponse:
    """Name, colours, icons, and two ways in by a long press on the icon."""
    pictures = [{"src": static(f"citizen/icon-{side}.png"), "sizes": f"{side}x{side}"} for side in (192, 512)]
    return JsonResponse(
        {
            "id": "/app/",
            "name": "永州城市",
            "short_name": "永州城市",
            "description": "随手拍、办理进度；网格员的任务和上报，没有网络也能用",
            "lang": "zh-CN",
            "start_url": "/app/",
            "scope": "/app/",
            "display": "standalone",
            "orientation": "portrait",
            "background_color": "#F5F7F8",
            "theme_color": "#0B6B7A",
            "icons": [
                {"src": static("look/brand.svg"), "sizes": "any", "type": "image/svg+xml"},
                *(
                    {**one, "type": "image/png", "purpose": purpose}
                    for one in pictures
                    for purpose in ("any", "maskable")
                ),
            ],
            "shortcuts": [{"name": "上报", "url": "/app/report/"}, {"name": "待发件箱", "url": "/app/outbox/"}],
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )
