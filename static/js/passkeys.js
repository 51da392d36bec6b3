/* Passkeys (WebAuthn): a form with data-passkey="get" or "create" asks its data-options for a
   challenge, has a device answer it, and sends the answer as its field `credential`. */
(function () {
  "use strict";

  if (window.panelPasskeys) {
    return;
  }
  window.panelPasskeys = true;

  function decoded(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (sign) {
      return sign.charCodeAt(0);
    });
  }

  function encoded(buffer) {
    var plain = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  /* The options come as JSON, with every byte string in base64url. */
  function prepared(options) {
    var key = options.publicKey;
    key.challenge = decoded(key.challenge);
    if (key.user) {
      key.user.id = decoded(key.user.id);
    }
    [key.allowCredentials, key.excludeCredentials].forEach(function (list) {
      (list || []).forEach(function (one) {
        one.id = decoded(one.id);
      });
    });
    return options;
  }

  /* As PublicKeyCredential.toJSON() gives it, which not every browser has yet. */
  function written(credential) {
    var response = {};
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].forEach(
      function (name) {
        if (credential.response[name]) {
          response[name] = encoded(credential.response[name]);
        }
      }
    );
    return JSON.stringify({
      id: credential.id,
      rawId: encoded(credential.rawId),
      type: credential.type,
      response: response,
      clientExtensionResults: {},
    });
  }

  async function ask(form) {
    var answer = await fetch(form.dataset.options, {
      method: "POST",
      headers: { "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value },
      credentials: "same-origin",
    });
    if (answer.redirected || !answer.ok) {
      throw new Error("no options");
    }
    return prepared(await answer.json());
  }

  async function run(form) {
    var button = form.querySelector("[type=submit]");
    var said = form.querySelector("[data-passkey-said]");
    said.textContent = "";
    button.disabled = true;
    try {
      var options = await ask(form);
      var credential = await navigator.credentials[form.dataset.passkey](options);
      form.querySelector("[name=credential]").value = written(credential);
      form.submit();
      return;
    } catch (error) {
      var byDevice = error instanceof DOMException;
      said.textContent =
        byDevice && error.name === "InvalidStateError" && form.dataset.known
          ? form.dataset.known
          : byDevice
            ? form.dataset.cancelled
            : form.dataset.failed;
    }
    button.disabled = false;
  }

  document.addEventListener(
    "submit",
    function (event) {
      var form = event.target;
      if (!form.dataset.passkey) {
        return;
      }
      event.preventDefault();
      /* Nobody else's business: panel.js would take it for sent. */
      event.stopImmediatePropagation();
      run(form);
    },
    true
  );

  /* Plain http, or an old browser. */
  if (!window.PublicKeyCredential) {
    document.querySelectorAll("form[data-passkey]").forEach(function (form) {
      form.classList.add("is-unavailable");
    });
  }

  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-passkey] [type=submit]").forEach(function (button) {
      button.disabled = false;
    });
  });
})();
