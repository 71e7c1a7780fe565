"""The people as Django REST framework serves them, for the environment of ``tests.benchmarks.compared``: ``gunicorn people_django:app``."""

import os

from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["PEER_DATABASE"], "CONN_MAX_AGE": None}},
    INSTALLED_APPS=["rest_framework"],
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    USE_TZ=False,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
)

import django  # noqa: E402  # settings come first

django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import generics, pagination, serializers  # noqa: E402


class Person(models.Model):
    PersonId = models.UUIDField(primary_key=True)
    Name = models.CharField(max_length=100)
    LastUpdated = models.DateTimeField()
    IsDeleted = models.BooleanField()

    class Meta:
        app_label = "people"
        db_table = "Person"
        managed = False


class Address(models.Model):
    AddressId = models.UUIDField(primary_key=True)
    Person = models.ForeignKey(Person, models.DO_NOTHING, db_column="PersonId", related_name="Addresses")
    StreetAddress = models.CharField(max_length=200)
    AddressTypeId = models.IntegerField(null=True)
    LastUpdated = models.DateTimeField()
    IsDeleted = models.BooleanField()

    class Meta:
        app_label = "people"
        db_table = "Address"
        managed = False


class PersonSerializer(serializers.ModelSerializer):
    class Meta:
        model = Person
        fields = ["PersonId", "Name", "LastUpdated", "IsDeleted"]


class AddressSerializer(serializers.ModelSerializer):
    class Meta:
        model = Address
        fields = ["AddressId", "Person", "StreetAddress", "AddressTypeId", "LastUpdated", "IsDeleted"]


class WithAddresses(serializers.ModelSerializer):
    Addresses = AddressSerializer(many=True)

    class Meta:
        model = Person
        fields = ["PersonId", "Name", "LastUpdated", "IsDeleted", "Addresses"]


class ByName(pagination.CursorPagination):
    page_size, max_page_size, page_size_query_param, ordering = 50, 1000, "size", ("Name", "PersonId")


class Here(generics.GenericAPIView):
    queryset = Person.objects.filter(IsDeleted=False)
    serializer_class = PersonSerializer
    pagination_class = ByName


class One(Here, generics.RetrieveAPIView):
    pass


class Several(Here, generics.ListAPIView):
    def get_queryset(self):
        found = self.queryset.filter(Name__gte=self.request.GET.get("from", ""))
        return found.prefetch_related("Addresses") if "addresses" in self.request.GET else found

    def get_serializer_class(self):
        return WithAddresses if "addresses" in self.request.GET else PersonSerializer


def count(request):
    return HttpResponse(Person.objects.filter(IsDeleted=False, Name=request.GET["name"]).count(), content_type="text/plain")


urlpatterns = [path("people", Several.as_view()), path("people/count", count), path("people/<uuid:pk>", One.as_view())]
app = get_wsgi_application()
