// Keeps the control page up to date while somebody looks at it. Everything on the page works without it, by reloading.
(function () {
  "use strict";
  var EVERY = 2000;
  var DAY = 86400;
  var shown = {};
  var since = {};

  function parts(root) {
    return Array.prototype.slice.call(root.querySelectorAll("[data-part]"));
  }

  // What somebody reads, selects or fills in stays as it is until they are done.
  function inUse(part) {
    var selection = window.getSelection();
    var selected = selection && !selection.isCollapsed && selection.containsNode(part, true);
    return selected || part.contains(document.activeElement) || part.querySelector("details[open]") !== null;
  }

  function note(part) {
    shown[part.dataset.part] = part.outerHTML;
    since[part.dataset.part] = performance.now();
  }

  function passed(part) {
    return Math.floor((performance.now() - since[part.dataset.part]) / 1000);
  }

  function replace(page) {
    parts(page).forEach(function (fresh) {
      var name = fresh.dataset.part;
      var part = document.querySelector("[data-part=" + name + "]");
      if (!part || inUse(part) || shown[name] === fresh.outerHTML) return;
      note(fresh);
      part.replaceWith(document.adoptNode(fresh));
    });
    tick();
  }

  function ask() {
    if (document.hidden) return;
    fetch("/_sandbox/?part=live&lang=" + document.documentElement.lang)
      .then(function (answer) {
        return answer.ok ? answer.text() : Promise.reject(answer.status);
      })
      .then(function (text) {
        replace(new DOMParser().parseFromString(text, "text/html"));
      })
      // The sandbox may be down for a moment, being built anew: the next question finds out.
      .catch(function () {});
  }

  function two(number) {
    return (number < 10 ? "0" : "") + number;
  }

  function duration(seconds) {
    var days = Math.floor(seconds / DAY), hours = Math.floor(seconds / 3600) % 24;
    var rest = Math.floor(seconds / 60) % 60, last = two(seconds % 60);
    if (days > 0) return days + " d " + hours + ":" + two(rest) + ":" + last;
    return hours > 0 ? hours + ":" + two(rest) + ":" + last : rest + ":" + last;
  }

  function tick() {
    var now = document.querySelector("[data-now]");
    if (!now || now.hasAttribute("data-stopped")) return;
    var moment = new Date((Number(now.dataset.now) + passed(now.closest("[data-part]"))) * 1000).toISOString();
    now.firstElementChild.textContent = moment.slice(0, 19).replace("T", " ");
    document.querySelectorAll("[data-left]").forEach(function (left) {
      var seconds = Number(left.dataset.left) - passed(left.closest("[data-part]"));
      left.textContent = seconds > 0 ? duration(seconds) : left.dataset.over;
    });
  }

  parts(document).forEach(note);
  document.addEventListener("visibilitychange", ask);
  setInterval(ask, EVERY);
  setInterval(tick, 500);
})();
