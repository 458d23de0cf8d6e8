"""Django REST framework, in one module."""

import os
from urllib.parse import urlsplit

import django
from django.conf import settings

place = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    SECRET_KEY="-",  # noqa: S106 (nothing is signed)
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, INSTALLED_APPS=["rest_framework"], USE_TZ=True,
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": place.path[1:], "USER": place.username,
        "PASSWORD": place.password, "HOST": place.hostname, "PORT": place.port, "CONN_MAX_AGE": None,
    }},
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [], "DEFAULT_PERMISSION_CLASSES": [], "UNAUTHENTICATED_USER": None,
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"], "PAGE_SIZE": 50,
        "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    },
)  # fmt: skip
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from rest_framework import routers, serializers, viewsets  # noqa: E402
from tasks import area_made  # noqa: E402


class Area(models.Model):
    user_id = models.BigIntegerField()
    geometry = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "peers"
        db_table = "areas"


class AreaSerializer(serializers.ModelSerializer):
    class Meta:
        model = Area
        fields = ("id", "user_id", "geometry", "created_at")
        read_only_fields = ("user_id",)


class Areas(viewsets.ModelViewSet):
    queryset = Area.objects.order_by("id")
    serializer_class = AreaSerializer

    def perform_create(self, serializer: AreaSerializer) -> None:
        area = serializer.save(user_id=int(self.request.headers["X-User"]))
        area_made.delay(area.id)


router = routers.SimpleRouter()
router.register("areas", Areas)
urlpatterns = router.urls
application = get_wsgi_application()
