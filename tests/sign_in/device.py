"""A device with passkeys, in software: what a browser and its authenticator make of options."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

FLAG = AuthenticatorData.FLAG
HERE = "http://localhost"


@dataclass
class Device:
    """Keeps one passkey. The fields are what an honest one has; tests bend them."""

    origin: str = HERE
    rp_id: str = "localhost"
    verified: bool = True
    present: bool = True
    cross_origin: bool = False
    counter: int = 0
    counts: bool = False
    handle: bytes = b""
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: dict) -> str:
        """The answer to `navigator.credentials.create`."""
        key = options["publicKey"]
        self.handle = websafe_decode(key["user"]["id"])
        data = self._data(FLAG.AT, self.credential())
        client = self._client("webauthn.create", key["challenge"])
        attestation = AttestationObject.create("none", data, {})
        return self._written(clientDataJSON=client, attestationObject=attestation)

    def credential(self) -> bytes:
        """Its id and public key."""
        public = ES256.from_cryptography_key(self.key.public_key())
        return bytes(AttestedCredentialData.create(Aaguid(bytes(16)), self.id, public))

    def get(self, options: dict) -> str:
        """The answer to `navigator.credentials.get`."""
        if self.counts:
            self.counter += 1
        data = self._data(FLAG(0))
        client = self._client("webauthn.get", options["publicKey"]["challenge"])
        signature = self.key.sign(bytes(data) + sha256(bytes(client)), ec.ECDSA(SHA256()))
        return self._written(
            clientDataJSON=client,
            authenticatorData=data,
            signature=signature,
            userHandle=self.handle,
        )

    def _data(self, flags: FLAG, credential: bytes = b"") -> AuthenticatorData:
        if self.present:
            flags |= FLAG.UP
        if self.verified:
            flags |= FLAG.UV
        return AuthenticatorData.create(
            sha256(self.rp_id.encode()), flags, self.counter, credential
        )

    def _client(self, kind: str, challenge: str) -> CollectedClientData:
        return CollectedClientData.create(
            kind, websafe_decode(challenge), self.origin, self.cross_origin
        )

    def _written(self, **response: bytes) -> str:
        return json.dumps(
            {
                "id": websafe_encode(self.id),
                "rawId": websafe_encode(self.id),
                "type": "public-key",
                "response": {name: websafe_encode(bytes(one)) for name, one in response.items()},
                "clientExtensionResults": {},
            }
        )
