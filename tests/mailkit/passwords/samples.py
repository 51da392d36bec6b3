"""Stored values of one password, made by `doveadm pw` 2.3.19 and by libxcrypt 4.4.33."""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "sécret 8x"
WRONG_PASSWORDS = ("sécret 8y", "secret 8x", "sécret", "Sécret 8x", " sécret 8x", "x")

_SHA512 = (
    "$6$/vZaOd8ZC4vDAzK0$xX6pJEgXiWgrNnklbuIS/m7miwx9cb/MiRuhCHEajbFPBGr/fqpzeNcSx6wVBptUmnr05"
    ".czXpPxU3KiCQTj6."
)
_SHA512_60000 = (
    "$6$rounds=60000$2FBfLZ4rZKYIreVB$7bqDd43JfhZM4SeBLfgnghBJicuiBfuIjn48WEfm8hDLG/8m0COacy9bD"
    ".AMoOoij666OO7bPPUO2gK9eJR.t1"
)
_SHA512_FEW = (
    "$6$rounds=1000$salt$85DoEWnHbPLliutuy.3qRRz.e.bEd4c36N1UnjCo6VXLia.QW.ND8BffdsrNkTGtwoUrsKq"
    "SfJqwRrtgkYSDG1"
)
_SHA512_NO_SALT = (
    "$6$$5riW2BfYmb8q7sa/3Geaxd.e51EUawe1dBbkkYUOUbL1fZFODBPX2sInjZBjsEKVDYw53Il2QxsfswA29LO470"
)
_SHA256 = "$5$dht6upvPgtpRE/bD$v9C8kjyfE67UESBdssoZyyNMhv5hRCXt5jlG8ZvoFw/"
_BLF = "$2y$05$DTO9ToLI8JQsQ.sWFK3hZuynkpoFtQMAgR7j3NPqR5wir.HLynX7u"
_BLF_A = "$2a$04$POGsJ.qrQSaD07fAf08MpeaNDT8yq3RkpXLLt.Jo.rNM0Rlg0hck."
_BLF_B = "$2b$08$v4lbqiiNJLKaoykRnpZqMOy0v7dSXTSt4SQV8SVdpy9HbbEqV06VW"
_MD5 = "$1$SAH/vSFH$xhCbByAR/bfhOXHRnHapW0"
_DES = "VsEsrUn4Z8u2A"
_YES_1 = "$y$j75$abcdefgh$3Uox3GzbOXNAwskz6JlLAhpcynC8yA7lF03EYUwXsW5"
_YES_5 = "$y$j9T$Gx4w2SnKhIDs1Dm8HXaw50$TTozbMEOgEnGQM9xuDDy5DguKh7/lXEglo5gykDxeu2"
_ARGON2ID = (
    "$argon2id$v=19$m=65536,t=3,p=1$q5pH8NChfoiTf6kXqVvyGQ"
    "$ny80m/v3YWovlosdxCqhKcaLKpIxH6yJlRNdfTNrweE"
)
_ARGON2ID_SMALL = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$yFp75d8HMmpr39Y3PQrwmw"
_ARGON2ID_HEAVY = (
    "$argon2id$v=19$m=262144,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg"
    "$bLCe9fikwyYt4JvEpKp1/TL65I5H5PPfOPmBn0zaIXQ"
)
_ARGON2I = (
    "$argon2i$v=19$m=32768,t=4,p=1$dSOAYAWrfXwLdeaaiTS1Nw"
    "$UU56X847H9IAuz7n6tPKHQDDDoREjEQlrb11vxk61cI"
)
_SHA512_HEX = (
    "4a7e9c4ebbf536d50bf222f8505878cac8f7ac115ba9fa84f90b63311cd620fa13ebcbdf41e421225aa422dba6"
    "3070ed16e378525623033edb6f62700e0eb4e9"
)
_SSHA512_HEX = (
    "0ae328b7d361627ca5c8d183561ef48fbfb3f6db530f16a21ab2f2c82bf95629eef6dfbc2da0d614d1aa8dc609"
    "32bc1280d7390f45fac3d3747541dd7aace991d4ca1310"
)
_SHA512_CRYPT_HEX = (
    "2436244461466f71723472317a5a725272666224694854663472574b6970634e417957306558542f585746593531"
    "796f754d4c667052427170577a5432437354462f4a2e3872682f5639554a743066316a7a44686f426a735142473653"
    "576c586b354b6671477a6d502e"
)
_SHA512_CRYPT_B64 = (
    "JDYkZGRPNk1TV3pkRlQxU3l2aCRQOTBFSXJxR0NwdVN3NXdubjBYTzJydE9uL3psNkpEdDhZU3RQMWtUNU9zTkNKOW5Q"
    "dUcvYTNKWVpNOGZ1VUoueUdiSkJXQklmclBycC45OFQ5ZVJ4MA=="
)


@dataclass(frozen=True)
class Sample:
    """A stored value, and what the judge must say of it."""

    stored: str
    scheme: str
    cost: int | None = None
    weak: bool = False
    refused_24: bool = False
    heavy: bool = False
    only_24: bool = False  # a name that Dovecot 2.3 does not know

    def __str__(self) -> str:
        return self.stored[:24]


def _weak(stored: str, scheme: str, *, refused_24: bool = False) -> Sample:
    return Sample(stored, scheme, weak=True, refused_24=refused_24)


# Every kind of value that verify() verifies.
VERIFIED = (
    # What the panel writes, and crypt(3) behind each name that leads to it.
    Sample("{SHA512-CRYPT}" + _SHA512, "SHA512-CRYPT", 5000),
    Sample("{SHA512-CRYPT}" + _SHA512_60000, "SHA512-CRYPT", 60000),
    Sample("{CRYPT}" + _SHA512, "SHA512-CRYPT", 5000),
    Sample("{sha512-crypt}" + _SHA512, "SHA512-CRYPT", 5000),
    Sample("{SHA256-CRYPT}" + _SHA512, "SHA512-CRYPT", 5000),
    Sample("{CRYPT}" + _SHA512_NO_SALT, "SHA512-CRYPT", 5000),
    Sample("{SHA512-CRYPT}" + _SHA512_FEW, "SHA512-CRYPT", 1000, weak=True),
    Sample("{SHA512-CRYPT.HEX}" + _SHA512_CRYPT_HEX, "SHA512-CRYPT", 5000),
    Sample("{SHA512-CRYPT.B64}" + _SHA512_CRYPT_B64, "SHA512-CRYPT", 5000),
    Sample("{SHA256-CRYPT}" + _SHA256, "SHA256-CRYPT", 5000),
    Sample("{BLF-CRYPT}" + _BLF, "BLF-CRYPT", 5),
    Sample("{BLF-CRYPT}" + _BLF_A, "BLF-CRYPT", 4, weak=True),
    Sample("{BLF-CRYPT}" + _BLF_B, "BLF-CRYPT", 8),
    Sample("{CRYPT}" + _BLF, "BLF-CRYPT", 5),
    Sample("{ARGON2ID}" + _ARGON2ID, "ARGON2ID", 3),
    Sample("{ARGON2ID}" + _ARGON2ID_SMALL, "ARGON2ID", 1, weak=True),
    Sample("{ARGON2ID}" + _ARGON2ID_HEAVY, "ARGON2ID", 1, heavy=True),
    Sample("{ARGON2I}" + _ARGON2I, "ARGON2I", 4),
    Sample("{ARGON2I}" + _ARGON2ID, "ARGON2ID", 3),
    Sample("{ARGON2}" + _ARGON2ID, "ARGON2ID", 3, only_24=True),
    # As the tutorials store them: no prefix, default_pass_scheme = CRYPT.
    Sample(_SHA512, "SHA512-CRYPT", 5000),
    Sample(_SHA256, "SHA256-CRYPT", 5000),
    Sample(_BLF, "BLF-CRYPT", 5),
    Sample(_BLF_A, "BLF-CRYPT", 4, weak=True),
    Sample(_BLF_B, "BLF-CRYPT", 8),
    Sample(_YES_1, "YESCRYPT", 1),
    Sample(_YES_5, "YESCRYPT", 5),
    Sample("{CRYPT}" + _YES_5, "YESCRYPT", 5),
    _weak(_MD5, "MD5-CRYPT", refused_24=True),
    _weak(_DES, "DES-CRYPT", refused_24=True),
    # Old ones.
    _weak("{CRYPT}" + _DES, "DES-CRYPT", refused_24=True),
    _weak("{DES-CRYPT}" + _DES, "DES-CRYPT", refused_24=True),
    _weak("{SHA512-CRYPT}" + _DES, "DES-CRYPT", refused_24=True),
    _weak("{MD5-CRYPT}" + _MD5, "MD5-CRYPT", refused_24=True),
    _weak("{CRYPT}" + _MD5, "MD5-CRYPT", refused_24=True),
    _weak("{MD5}" + _MD5, "MD5-CRYPT", refused_24=True),
    _weak(
        "{MD5.B64}JDEkM2hkVlpNV2skeDdZQ1VDR1RHLktuUk9kaGNERG9hMA==", "MD5-CRYPT", refused_24=True
    ),
    _weak("{MD5}9f3a2e1e6b817c6b284317340e27fbf4", "PLAIN-MD5", refused_24=True),
    _weak("{MD5}nzouHmuBfGsoQxc0Dif79A==", "PLAIN-MD5", refused_24=True),
    _weak("{PLAIN-MD5}9f3a2e1e6b817c6b284317340e27fbf4", "PLAIN-MD5", refused_24=True),
    _weak("{PLAIN-MD5}9F3A2E1E6B817C6B284317340E27FBF4", "PLAIN-MD5", refused_24=True),
    _weak("{PLAIN-MD5.B64}nzouHmuBfGsoQxc0Dif79A==", "PLAIN-MD5", refused_24=True),
    _weak("{LDAP-MD5}nzouHmuBfGsoQxc0Dif79A==", "LDAP-MD5", refused_24=True),
    _weak("{LDAP-MD5.HEX}9f3a2e1e6b817c6b284317340e27fbf4", "LDAP-MD5", refused_24=True),
    _weak("{SMD5}8SbnuHM35nzpK19viI0/3TEDVnA=", "SMD5", refused_24=True),
    _weak("{SMD5.HEX}6b3d458cc62825e40d46e7366655d105fdf797d2", "SMD5", refused_24=True),
    Sample(
        "{PBKDF2}$1$EXoBnNSRHLyuOONs$5000$335bdd37cfa3fb9c8d03797b059b78a7aa949332", "PBKDF2", 5000
    ),
    _weak("{SSHA}wwXf7msYF0d6pfLsNMb/Cku8V+fX4Yrp", "SSHA"),
    _weak("{SSHA.HEX}d184b23d90b1e3f915b27867d643742ecf954cc11d7f7e5b", "SSHA"),
    _weak("{SSHA256}BllUxNaPnwb4CI+WS/p4oYvu9pK0ryCpWHAaf7SsdkyjMCjp", "SSHA256"),
    _weak(
        "{SSHA512}LigUznUKqHdzE7dLKhgIc6KlJDyFs0ZZu1vwFw/y2nHOkXAW1RYNDFjd9Jcoun3hI5IUOf/8ltVISS8pe"
        "HFy9U+354g=",
        "SSHA512",
    ),
    _weak("{SSHA512.HEX}" + _SSHA512_HEX, "SSHA512"),
    _weak("{SHA}RF4xsQRmIObMND9f53PfpZarhlU=", "SHA"),
    _weak("{SHA}445e31b1046620e6cc343f5fe773dfa596ab8655", "SHA"),
    _weak("{SHA.HEX}445e31b1046620e6cc343f5fe773dfa596ab8655", "SHA"),
    _weak("{SHA1.B64}RF4xsQRmIObMND9f53PfpZarhlU=", "SHA1"),
    _weak("{SHA256}hYNdSBWyTYJE3USzVh3eAOtOSDyg5KVMAHdc0VIygsk=", "SHA256"),
    _weak("{SHA256.BASE64}hYNdSBWyTYJE3USzVh3eAOtOSDyg5KVMAHdc0VIygsk=", "SHA256"),
    _weak(
        "{SHA512}Sn6cTrv1NtUL8iL4UFh4ysj3rBFbqfqE+QtjMRzWIPoT68vfQeQhIlqkItumMHDtFuN4UlYjAz7bb2JwDg6"
        "06Q==",
        "SHA512",
    ),
    _weak("{SHA512.HEX}" + _SHA512_HEX, "SHA512"),
    _weak("{PLAIN}" + PASSWORD, "PLAIN"),
    _weak("{CLEAR}" + PASSWORD, "CLEAR"),
    _weak("{CLEARTEXT}" + PASSWORD, "CLEARTEXT"),
    _weak("{PLAIN.HEX}73c3a963726574203878", "PLAIN"),
    _weak("{PLAIN.B64}c8OpY3JldCA4eA==", "PLAIN"),
)

# Whole values of schemes that Dovecot knows and verify() does not.
NOT_VERIFIED = (
    _weak("{CRAM-MD5}57bac7e4832405ddac34725542810c6a42310d06bbbfe131206ff2103cfce90d", "CRAM-MD5"),
    _weak(
        "{HMAC-MD5}57bac7e4832405ddac34725542810c6a42310d06bbbfe131206ff2103cfce90d",
        "HMAC-MD5",
        refused_24=True,
    ),
    _weak("{DIGEST-MD5}98910ac91515e86af4bcce649442b27c", "DIGEST-MD5"),
    _weak("{PLAIN-MD4}bcf26c65abd96c63b46a4750a3faa393", "PLAIN-MD4", refused_24=True),
    Sample(
        "{SCRAM-SHA-1}4096,Agxn8GzIo/Jv1EuzJkgttg==,5C+qC0bDUVUJTZ7rBjpIiS5WpWs=,"
        "YbR+g2k9htveRpNr2JQ0+dhSbqQ=",
        "SCRAM-SHA-1",
        4096,
    ),
    Sample(
        "{SCRAM-SHA-256}4096,TGufs1Ax0Rk9/yU3/v2tQA==,haed15B+9Yn+kQ6eULPBHUhkCW2lPYUfCfj1qgExhiU=,"
        "ZJBD6SjAMeL3wiJJ6nL33C/wO0xNwa/1eZ40t3neCfg=",
        "SCRAM-SHA-256",
        4096,
    ),
    _weak("{OTP}sha1 1024 947c6a1ea5923322 7c40178ddb605682", "OTP"),
    _weak("{PLAIN-TRUNC}6-secret", "PLAIN-TRUNC"),
    Sample("$7$CU..../....abcd$nUhjokPvtg.XdaX1w6htQZVgPBe3/7b9CoPkVIUvvj9", "CRYPT"),
    Sample("{CRYPT}$sha1$100$abcd$/cOEUxEc/adqqh.322Ay4VXR/7Xp", "CRYPT"),
    Sample("$gy$j9T$abcd$x0IHmWAjcBs5mfS8rMEk.RCpft./KvdfB.rMnM8k2/B", "CRYPT"),
    Sample("{CRYPT}_J9..abcdBsoe9y/CFvc", "CRYPT", refused_24=True),
    Sample("{CRYPT}$y$jGT$abcdefgh$3Uox3GzbOXNAwskz6JlLAhpcynC8yA7lF03EYUwXsW5", "CRYPT"),
    # Whole, but too dear to compute here.
    Sample("{SHA512-CRYPT}" + _SHA512_FEW.replace("1000", "999999999"), "SHA512-CRYPT", 999999999),
    Sample("{BLF-CRYPT}" + _BLF.replace("$05$", "$31$"), "BLF-CRYPT", 31),
    Sample(
        "{PBKDF2}$1$salt$4000000000$335bdd37cfa3fb9c8d03797b059b78a7aa949332", "PBKDF2", 4000000000
    ),
    Sample(
        "{ARGON2ID}" + _ARGON2ID_HEAVY.replace("m=262144", "m=4194304"), "ARGON2ID", 1, heavy=True
    ),
)

UNKNOWN = (
    "{LOCKED}$6$x",
    "{SHA3}abc",
    "{}x",
    "{SHA.FOO}RF4xsQRmIObMND9f53PfpZarhlU=",
    "{SHA512-CRYPT.}$6$x",
    "{SHA512-CRYPT }" + _SHA512,
    "{pbkdf2-sha256}x",
    "{LANMAN}855c3697d9979e78ac404c4ba2c66533",
    "{my secret}and more",
)

# Cut at 20 characters, as a MariaDB that is not strict does, and elsewhere.
TRUNCATED = (
    "{SHA512-CRYPT}$6$yJA",
    "{SHA512-CRYPT}$6$rounds=50",
    "{SHA512-CRYPT}$6$rounds=50000$Q7AzXt9b",
    "{SHA512-CRYPT}$6$rounds=50000$Q7AzXt9b$abcdef",
    ("{SHA512-CRYPT}" + _SHA512)[:119],
    ("{SHA512-CRYPT}" + _SHA512_60000)[:128],
    "{SHA512-CRYPT}$",
    "{SHA512-CRYPT",
    "{SHA512-CR",
    "{",
    _SHA512[:20],
    _SHA256[:20],
    _BLF[:20],
    _BLF[:59],
    _MD5[:20],
    _YES_5[:20],
    "{BLF-CRYPT}$2y$10$ab",
    "{BLF-CRYPT}$2",
    "{CRYPT}$2y$05$Q7AzXt",
    "{MD5-CRYPT}$1$SAH/vS",
    "{DES-CRYPT}VsEsrUn4Z",
    "{CRYPT}VsEsrUn4Z8u2",
    "{ARGON2ID}$argon2id$",
    ("{ARGON2ID}" + _ARGON2ID)[:50],
    ("{ARGON2ID}" + _ARGON2ID)[:-1],
    ("{ARGON2I}" + _ARGON2I)[:80],
    "{PBKDF2}$1$EXoBnNSRH",
    "{PBKDF2}$1$EXoBnNSRHLyuOONs$5000$335b",
    "{SSHA}wwXf7msYF0d6pf",
    "{SSHA512}LigUznUKqHd",
    "{SSHA512}LigUznUKqHdzE7dLKhgIc6KlJDyFs0ZZu1vwFw/y2nHOkXAW1RYNDFjd9Jcoun3hI5IUOf/8ltVISS8peHFy9",
    "{SHA}RF4xsQRmIObMND9",
    "{SHA256}hYNdSBWyTYJE",
    "{SHA512.HEX}4a7e9c4e",
    "{PLAIN-MD5}9f3a2e1e6",
    "{LDAP-MD5}nzouHmuBfG",
    "{SMD5}8SbnuHM35nzpK1",
    "{CRAM-MD5}57bac7e483",
    "{SCRAM-SHA-256}4096,",
    "{OTP}sha1 1024 947c6",
)

# Nobody can sign in with these at any Dovecot.
MALFORMED = (
    "secret",
    "s\xe9cret",
    "x" * 300,
    _SHA512 + "x",
    _SHA512 + " ",
    " " + _SHA512,
    "{SHA512-CRYPT}" + _SHA512 + "\n",
    "{SHA512-CRYPT}" + _SHA512.replace("/vZa", "/v!a"),
    "{SHA512-CRYPT}" + _SHA512_FEW.replace("1000", "999"),
    "{SHA512-CRYPT}" + _SHA512_FEW.replace("1000", "01000"),
    "{BLF-CRYPT}" + _SHA512,
    "{BLF-CRYPT}" + _BLF.replace("$2y$", "$2c$"),
    "{BLF-CRYPT}" + _BLF.replace("$05$", "$03$"),
    "{BLF-CRYPT}" + _BLF.replace("$05$", "$32$"),
    "{MD5-CRYPT}" + _MD5 + "$ignored",
    _MD5 + "$ignored",
    "{MD5-CRYPT}" + _DES,
    "{MD5-CRYPT}$6$x",
    _DES + "x",
    _DES.replace("V", "-"),
    "$apr1$abcdefgh$xhCbByAR/bfhOXHRnHapW0",
    "$P$BabcdefghxhCbByARbfhOXHRnHapW0",
    "$pbkdf2-sha256$29000$abc$def",
    "pbkdf2_sha256$260000$abc$def=",
    "{CRYPT}" + _ARGON2ID.replace("$v=19", ""),
    "{ARGON2ID}" + _ARGON2ID.replace("$v=19", "$v=16"),
    "{ARGON2ID}" + _ARGON2ID.replace("argon2id", "argon2d"),
    "{ARGON2ID}" + _ARGON2ID.replace("m=65536,t=3", "t=3,m=65536"),
    "{PBKDF2}$1$salt$0$335bdd37cfa3fb9c8d03797b059b78a7aa949332",
    "{PBKDF2}$1$salt$5000$335bdd37cfa3fb9c8d03797b059b78a7aa949332$",
    "{PBKDF2}" + _MD5,
    "{SHA}RF4xsQRmIObMND9f53PfpZarhlU= x",
    "{SHA}RF4xsQRmIObMND9f53PfpZarhlU==",
    "{SHA.HEX}RF4xsQRmIObMND9f53PfpZarhlU=",
    "{SSHA.HEX}zz",
    "{PLAIN.HEX}zz",
    "{PLAIN.B64}c8OpY3JldCA4eA",
    "\x00",
    "\ud800",
    "{CRYPT}\ud800\udfff",
)

# crypt(3) does not know Argon2, so these need {ARGON2ID} before them.
NEED_PREFIX = (_ARGON2ID, "{CRYPT}" + _ARGON2ID, "{SHA512-CRYPT}" + _ARGON2I)

EMPTY = (None, "", "{SHA512-CRYPT}", "{CRYPT}", "{SHA}", "{SSHA}", "{ARGON2ID}", "{PLAIN-TRUNC}")
OPENS_TO_EMPTY = ("{PLAIN}", "{plain}", "{CLEAR}", "{CLEARTEXT}", "{PLAIN.HEX}", "{PLAIN.B64}")
