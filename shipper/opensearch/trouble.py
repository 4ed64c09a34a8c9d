"""Why no whole reply came: the HTTP library's errors as ours. No secret is in a message: urls hold no credentials."""

import ssl
from http.client import RemoteDisconnected

import urllib3

from shipper.errors import Refused, Unavailable

# OpenSSL's reasons when the port speaks no TLS.
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})


def translated(url: str, error: Exception) -> Unavailable | Refused:
    """The border table: what urllib3, http.client and ssl raise → ours, naming the address and the next step."""
    cause = _tls_cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Refused(
            f"{url}: the server's certificate is not trusted ({cause.verify_message}); "
            "set opensearch.ca_file to the authority that signed it, and use the host name it was made for"
        )
    if cause is not None and cause.reason in _NOT_TLS:
        return Refused(f"{url} does not speak TLS on this port; check opensearch.url (http or https, and the port)")
    if isinstance(error, urllib3.exceptions.NameResolutionError):
        # Not final: in a compose network a name is unknown while its container restarts.
        return Unavailable(f"{url}: the host name is not known; check opensearch.url and the name service")
    if isinstance(error, urllib3.exceptions.ReadTimeoutError):
        return Unavailable(f"{url} did not answer in time")
    innermost = _innermost(error)
    hint = "; if the server wants TLS, opensearch.url begins with https" if _may_want_tls(url, innermost) else ""
    return Unavailable(f"{url} cannot be reached, or broke off: {type(innermost).__name__}: {innermost}{hint}")


def _tls_cause(error: BaseException) -> ssl.SSLError | None:
    """The ssl error inside, if any: urllib3 keeps it as an argument or cause."""
    for candidate in (error, *error.args, error.__cause__, error.__context__):
        if isinstance(candidate, ssl.SSLError):
            return candidate
    return None


def _innermost(error: BaseException) -> BaseException:
    """What went wrong at the bottom: urllib3 wraps it as a cause, or as an argument (ProtocolError)."""
    inner = error.__cause__ or next((arg for arg in error.args if isinstance(arg, BaseException)), None)
    return error if inner is None else _innermost(inner)


def _may_want_tls(url: str, innermost: BaseException) -> bool:
    """A TLS port hangs up on plain HTTP without an answer."""
    return url.startswith("http:") and isinstance(innermost, RemoteDisconnected | ConnectionResetError)
