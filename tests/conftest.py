"""What all tests share: hypothesis judges what comes out, never how long it took on a busy machine."""

from hypothesis import HealthCheck, settings

settings.register_profile("moiso", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("moiso")
