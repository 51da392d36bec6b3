/* Light or dark, decided before the first paint; the key `theme` is shared with Django admin. */
(function () {
  "use strict";
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem("theme") || "auto";
    } catch {
      return "auto";
    }
  }

  function apply() {
    var theme = chosen();
    root.dataset.bsTheme = theme === "dark" || (theme !== "light" && dark.matches) ? "dark" : "light";
    root.dataset.theme = theme;
  }

  root.classList.add("js");
  apply();
  dark.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  window.panelTheme = {
    chosen: chosen,
    choose: function (theme) {
      try {
        localStorage.setItem("theme", theme);
      } catch {
        /* Storage is switched off: the choice lasts for this page. */
      }
      apply();
    },
  };
})();
