"""The second factor: an authenticator app, passkeys, and recovery codes for when both are gone.

An authenticator app and the panel share a secret, out of which both compute a number of six digits
every 30 seconds (TOTP, RFC 6238). A passkey is a pair of keys that a device keeps for this site
alone (WebAuthn, https://www.w3.org/TR/webauthn-3/): the panel knows the public one and has a
challenge signed; being bound to the site's name it cannot be phished, and because the device
checks who is there (a finger, a PIN) it is enough without the password. A recovery code stands
for one sign-in.

All of it hangs on `accounts.User`, of operators and of mailbox owners alike, and goes with that
row. While an owner's mailbox has a hash that the panel did not write, it is suspended: see
`state.second_factor_suspended`.
"""
