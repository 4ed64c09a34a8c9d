"""What can go wrong with saved objects: each class says what the caller does next."""


class DashboardsError(Exception):
    """An address, object or file is wrong: stop. Root of everything that `dashboards` raises on purpose."""


class DashboardsUnavailable(DashboardsError):
    """OpenSearch Dashboards does not answer now: wait and try again."""


class DashboardsRefused(DashboardsError):
    """OpenSearch Dashboards says no: credentials, permission, an object that it does not take."""


class ObjectsInvalid(DashboardsError):
    """Saved objects that do not fit each other, the templates or the versions; a line for each fault."""
