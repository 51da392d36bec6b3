/* How hard a password is to guess, said while it is typed: a hint; the server decides.

   Length and kinds of characters, less what repeats or counts up, less the own name, and whether
   it is among the 4,000 that attackers try first. Nothing typed leaves the browser. */
(function () {
  "use strict";

  var SHORTEST = 6;
  var common = null;
  var asked = false;

  var KINDS = [
    [/[a-z]/, 26],
    [/[A-Z]/, 26],
    [/[0-9]/, 10],
    [/[ -/:-@[-`{-~]/, 33],
    [/[^ -~]/, 100],
  ];

  function pool(text) {
    return KINDS.reduce(function (sum, kind) {
      return kind[0].test(text) ? sum + kind[1] : sum;
    }, 0);
  }

  /* "aaaa" and "4567" count little more than one character: the step goes on. */
  function counted(text) {
    var sum = 0;
    var step = null;
    for (var i = 0; i < text.length; i += 1) {
      var next = i ? text.charCodeAt(i) - text.charCodeAt(i - 1) : null;
      var goesOn = next !== null && next === step && Math.abs(next) <= 1;
      sum += goesOn ? 0.2 : 1;
      step = next;
    }
    return Math.min(sum, new Set(text).size * 2);
  }

  function isCommon(password) {
    if (!common) {
      return false;
    }
    var low = password.toLowerCase();
    return common.has(low) || common.has(low.replace(/[0-9!?.]+$/, ""));
  }

  /* `name`: the address the password is for. {level: 0 to 4, why: "", "common" or "name"}. */
  function judge(password, name) {
    if (!password) {
      return { level: 0, why: "" };
    }
    if (password.length < SHORTEST) {
      return { level: 1, why: "" };
    }
    if (isCommon(password)) {
      return { level: 1, why: "common" };
    }
    var local = name.split("@")[0].toLowerCase();
    var at = local.length > 2 ? password.toLowerCase().indexOf(local) : -1;
    var rest = at < 0 ? password : password.slice(0, at) + password.slice(at + local.length);
    var bits = counted(rest) * Math.log2(pool(rest) || 1);
    var level = bits < 40 ? 1 : bits < 60 ? 2 : bits < 75 ? 3 : 4;
    return { level: level, why: level === 1 && at >= 0 ? "name" : "" };
  }

  /* Fetch the list of common ones at the first key, and call `then` once it is there. */
  function prepare(url, then) {
    if (asked || !url) {
      return;
    }
    asked = true;
    fetch(url)
      .then(function (response) {
        return response.ok ? response.text() : "";
      })
      .then(function (text) {
        common = new Set(text.split("\n"));
        common.delete("");
        then();
      })
      .catch(function () {
        /* Without the list the rest still counts. */
      });
  }

  window.panelStrength = { judge: judge, prepare: prepare };
})();
