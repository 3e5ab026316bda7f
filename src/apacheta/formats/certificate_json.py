"""certificate.json: a containment certificate as canonical JSON."""

from ..core.certificate import Certificate
from .canonical import canonical_bytes


def encode_certificate(certificate: Certificate) -> bytes:
    """The bytes of a certificate's file (RFC 8785)."""
    return canonical_bytes(certificate)
