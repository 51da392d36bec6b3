/* What makes the panel quicker to use; every page works without it. */
(function () {
  "use strict";

  /* ---- theme switch ---- */
  function markTheme() {
    document.querySelectorAll("[data-theme-choice]").forEach(function (button) {
      var on = button.dataset.themeChoice === window.panelTheme.chosen();
      button.setAttribute("aria-pressed", String(on));
    });
  }

  /* ---- menu on narrow screens ---- */
  function toggleMenu(button) {
    var open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    document.getElementById("menu").classList.toggle("is-open", open);
  }

  /* ---- keys ---- */
  document.addEventListener("keydown", function (event) {
    var typing = event.target.closest("input, textarea, select, [contenteditable]");
    var search = document.querySelector("input[type=search]");
    if (event.key === "/" && !typing && search && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  });

  /* ---- passwords ---- */
  function passwordsOf(element) {
    return Array.from(element.closest("form").querySelectorAll("input[data-password]"));
  }

  function show(fields, visible) {
    fields.forEach(function (field) {
      field.type = visible ? "text" : "password";
    });
    var toggle = fields[0].closest("form").querySelector("[data-password-show]");
    if (toggle) {
      toggle.setAttribute("aria-pressed", String(visible));
    }
  }

  /* As mailkit.passwords.generate_password: the alphabet and the shape come with the page. */
  function suggestion(button) {
    var alphabet = button.dataset.alphabet;
    var groups = Number(button.dataset.groups);
    var length = Number(button.dataset.length);
    var limit = 256 - (256 % alphabet.length);
    var signs = [];
    while (signs.length < groups * length) {
      var byte = crypto.getRandomValues(new Uint8Array(1))[0];
      if (byte < limit) {
        signs.push(alphabet[byte % alphabet.length]);
      }
    }
    var parts = [];
    for (var start = 0; start < signs.length; start += length) {
      parts.push(signs.slice(start, start + length).join(""));
    }
    return parts.join("-");
  }

  function suggest(button) {
    var fields = passwordsOf(button);
    var password = suggestion(button);
    fields.forEach(function (field) {
      field.value = password;
      field.removeAttribute("aria-invalid");
      field.classList.remove("is-invalid");
    });
    show(fields, true);
    rate(fields[0]);
    say(fields[0], button.dataset.said);
  }

  function say(field, text) {
    var place = field.closest("form").querySelector("[data-password-said]");
    if (place) {
      place.textContent = text;
    }
  }

  function copy(button) {
    var fields = passwordsOf(button);
    var text = button.dataset.copy || fields[0].value;
    if (!text) {
      return;
    }
    if (navigator.clipboard) {
      navigator.clipboard.writeText(text).then(function () {
        say(button, button.dataset.said);
      });
      return;
    }
    /* Plain http on another host than loopback has no clipboard: leave it selected for Ctrl+C. */
    if (!fields.length) {
      getSelection().selectAllChildren(button.form.querySelector("[data-copied]"));
      return;
    }
    show(fields, true);
    fields[0].focus();
    fields[0].select();
  }

  /* What stands in the element that the button names. */
  function copyFrom(button) {
    var source = document.getElementById(button.dataset.copyFrom);
    if (!navigator.clipboard) {
      getSelection().selectAllChildren(source);
      return;
    }
    navigator.clipboard.writeText(source.textContent.trim()).then(function () {
      document.getElementById("copied").textContent = button.dataset.said;
      button.classList.add("is-copied");
      setTimeout(function () {
        document.getElementById("copied").textContent = "";
        button.classList.remove("is-copied");
      }, 2000);
    });
  }

  /* The meter below a new password; strength.js comes with it. */
  function rate(field) {
    var form = field.closest("form");
    var meter = form.querySelector("[data-password-meter]");
    if (!meter) {
      return;
    }
    window.panelStrength.prepare(meter.dataset.common, function () {
      rate(field);
    });
    var whose = form.querySelector("[autocomplete=username], [name=email], [name=username]");
    var found = window.panelStrength.judge(field.value, whose ? whose.value : "");
    var words = meter.dataset["words" + found.level] || "";
    meter.dataset.level = String(found.level);
    meter.querySelector("[data-password-words]").textContent = found.why
      ? meter.dataset["words" + found.why[0].toUpperCase() + found.why.slice(1)]
      : words;
  }

  /* ---- the domain of a new address ---- */
  function completeAddress(domain) {
    var field = document.getElementById("id_email");
    field.value = field.value.split("@")[0] + "@" + domain;
    var end = field.value.indexOf("@");
    field.focus();
    field.setSelectionRange(end, end);
  }

  /* ---- rows that are ticked in a list ---- */
  function ticksOf(form) {
    return Array.from(form.querySelectorAll("input[name=key]"));
  }

  function countTicks(form) {
    var ticks = ticksOf(form);
    var count = ticks.filter(function (tick) {
      return tick.checked;
    }).length;
    var said = form.querySelector("[data-bulk-count]");
    var all = form.querySelector("[data-tick-page]");
    if (said) {
      var words = count === 1 ? said.dataset.one : said.dataset.many;
      said.textContent = count ? words.replace("%n", String(count)) : "";
    }
    if (all) {
      all.checked = count > 0 && count === ticks.length;
      all.indeterminate = count > 0 && count < ticks.length;
    }
  }

  document.addEventListener("change", function (event) {
    var form = event.target.closest("form[data-bulk]");
    if (!form) {
      return;
    }
    if ("tickPage" in event.target.dataset) {
      ticksOf(form).forEach(function (tick) {
        tick.checked = event.target.checked;
      });
    }
    if (event.target.name === "key" || "tickPage" in event.target.dataset) {
      form.querySelector("[data-bulk-which]").value = "ticked";
      countTicks(form);
    }
  });

  /* ---- one place for clicks, so that parts loaded later work too ---- */
  document.addEventListener("click", function (event) {
    var button = event.target.closest("button");
    if (!button) {
      return;
    }
    if (button.dataset.themeChoice) {
      window.panelTheme.choose(button.dataset.themeChoice);
      markTheme();
    } else if (button.dataset.domain) {
      completeAddress(button.dataset.domain);
    } else if ("menuToggle" in button.dataset) {
      toggleMenu(button);
    } else if ("dismiss" in button.dataset) {
      button.closest(".alert").remove();
    } else if ("passwordShow" in button.dataset) {
      show(passwordsOf(button), button.getAttribute("aria-pressed") !== "true");
    } else if (button.dataset.copyFrom) {
      copyFrom(button);
    } else if ("passwordCopy" in button.dataset) {
      copy(button);
    } else if ("passwordSuggest" in button.dataset) {
      event.preventDefault();
      suggest(button);
    }
  });

  document.addEventListener("input", function (event) {
    var fields = event.target.matches("input[data-password]") ? passwordsOf(event.target) : [];
    if (fields.length && fields[0] === event.target) {
      rate(fields[0]);
    }
  });

  /* A second click on "save" must not send a form twice. */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
    });
  });

  document.querySelectorAll("form[data-bulk]").forEach(countTicks);

  markTheme();
  var first = document.querySelector("[aria-invalid=true]");
  if (first) {
    first.focus();
  }
  var opened = document.activeElement;
  if (opened && opened.value && opened.value[0] === "@") {
    /* "@example.org" waits for what stands in front of it. */
    opened.setSelectionRange(0, 0);
  }
})();
